import Glibc
import StdioProtocol
import Synchronization

/// The host's end of a program's standard input; whoever took it out of the state writes to it, with no lock held.
struct ChildInput: Sendable {
    /// What became of an attempt to write.
    enum Progress {
        /// The message is written.
        case done
        /// The rest has to wait for room, or for its turn.
        case waits
        /// The program reads no more.
        case broken
    }

    let descriptor: Int32
    private var encoder: MessageEncoder?
    private var bytes: [UInt8] = []
    private var sent = 0

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Whether a message is under way.
    var isBusy: Bool { encoder != nil }

    /// Begins a message.
    mutating func begin(_ message: Message, _ form: Message.FrameForm) {
        encoder = MessageEncoder(message, form: form)
        (bytes, sent) = ([], 0)
    }

    /// Writes what there is room for, at most one piece of the message.
    mutating func write() -> Progress {
        if sent == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.count < 1 << 20)
            sent = 0
            guard encoder?.append(to: &bytes) == true else {
                encoder = nil
                return .done
            }
        }
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return .waits }
            guard count > 0 else { return .broken }
            sent += count
        }
        guard encoder?.isDone == true else { return .waits }
        encoder = nil
        return .done
    }
}

extension ChildProcess {
    /// Messages one caller writes before it leaves the rest to the process's thread.
    private static let turn = 16

    /// Writes at once what there is room for; the rest waits for the process's thread. Does nothing while another writes.
    func write() {
        guard
            var input = state.withLock({ state in
                defer { state.input = nil }
                return state.input
            })
        else { return }
        var count = 0
        while true {
            if !input.isBusy {
                let next: (Message, Message.FrameForm)? = state.withLock { state in
                    guard !state.isClosing, count < Self.turn, !state.outgoing.isEmpty else { return nil }
                    return (state.outgoing.removeFirst(), state.form)
                }
                guard let next else { return giveBack(input) }
                input.begin(next.0, next.1)
                count += 1
            }
            switch input.write() {
            case .done: continue
            case .waits: return giveBack(input)
            case .broken:
                state.withLock { $0.outgoing = [] }
                return giveBack(ChildInput(input.descriptor))
            }
        }
    }

    /// Whether something waits for room in the input.
    var wantsToWrite: Bool {
        state.withLock { state in state.input.map { $0.isBusy || !state.outgoing.isEmpty } ?? false }
    }

    /// Closes the input; where one writes to it, that one does.
    func closeInput() {
        let input = state.withLock { state in
            state.isClosing = true
            defer { state.input = nil }
            return state.input
        }
        if let input { ProcessStart.close([input.descriptor]) }
    }

    private func giveBack(_ input: ChildInput) {
        let (isClosing, isLeft) = state.withLock { state in
            if !state.isClosing { state.input = input }
            return (state.isClosing, input.isBusy || !state.outgoing.isEmpty)
        }
        if isClosing { ProcessStart.close([input.descriptor]) } else if isLeft { ring() }
    }
}
