import NIOCore
import NIOWebSocket

/// One WebSocket client: reads its frames, answers them, and writes what the hub sends. Lives on its event loop only.
///
/// A connection ends in this order: Close is sent, the output is shut down, input is read and dropped until the peer's
/// Close or end of file, and the socket is closed. Closing at once would let the kernel answer unread input with a
/// reset, which can destroy the Close before the peer reads it. A peer that stays silent is closed after a time-out.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = ByteBuffer

    private enum Phase { case open, closing, closed }

    /// The client's name.
    let id: ClientID
    /// The index of the client's channel in the hub.
    let channel: Int
    /// What the client asked for.
    private(set) var choice: ChannelChoice

    private let hub: ChannelHub
    private let request: ChannelRequest
    /// The id of the last message the client has, or was left out for it.
    private var reached = 0
    /// Whether messages come from the journal, since the client comes back and is not up to date yet.
    private var isCatchingUp = false
    /// Whether the client takes packed messages.
    let takesPacked: Bool
    /// How many messages were lost since one was written.
    private var lost = 0
    private let configuration: WebSocketConfiguration
    private var machine: FrameMachine
    private var heartbeat = Heartbeat()
    private var queue: OutboundQueue
    private var waitingPong: ByteBuffer?
    private var phase = Phase.open
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var unflushed = 0

    /// Creates the handler of a client of the hub's channel `channel`.
    init(hub: ChannelHub, channel: Int, request: ChannelRequest, configuration: WebSocketConfiguration) {
        self.id = hub.makeID()
        self.channel = channel
        self.hub = hub
        choice = hub.choose(request)
        var request = request
        request.choice = choice
        self.request = request
        self.configuration = configuration
        takesPacked = MessageDeflate.isOffered(request.headers)
        machine = FrameMachine(maxMessageSize: configuration.maxMessageSize, takesPacked: takesPacked)
        self.queue = OutboundQueue(maxFrames: hub.queueLimit, maxBytes: hub.queueBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        self.context = context
        hub.attach(self, loop: context.eventLoop)
        if let after = choice.after {
            (reached, isCatchingUp) = (after, true)
            catchUp(context)
        } else {
            sendWelcome()
        }
        flush(context)
        scheduleBeat(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish()
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard phase == .open else {
            if frame.opcode == .connectionClose { context.close(promise: nil) }
            return
        }
        switch machine.receive(frame) {
        case .nothing: break
        case .pong(let payload): pong(payload, context)
        case .alive: heartbeat.pong()
        case .text(let text): answer(text)
        case .close(let code): close(context, code)
        case .answerClose(let code): close(context, code, isAnswer: true)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        drainQueue(context)
        catchUp(context)
        context.fireChannelWritabilityChanged()
    }

    /// Errors come from the frame decoder: a length above the limit, or a malformed control frame. It reports each later
    /// read too; by then the connection is closing.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard phase == .open else { return }
        switch error as? NIOWebSocketError {
        case .invalidFrameLength: close(context, .tooLarge)
        case .fragmentedControlFrame, .multiByteControlFrameLength: close(context, .protocolError)
        case nil: context.close(promise: nil)
        }
    }

    /// Hummingbird's server allows remote half closure: without the first case a client's FIN would leave the socket
    /// in CLOSE-WAIT for ever. The second is the server's graceful stop.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: context.close(promise: nil)
        case is ChannelShouldQuiesceEvent: close(context, .goingAway)
        default: context.fireUserInboundEventTriggered(event)
        }
    }
}

// MARK: - Sending

extension ConnectionHandler {
    /// Sends what concerns this client out of a batch, with one flush.
    func deliver(_ batch: CircularBuffer<Broadcast>) {
        guard phase == .open, !isCatchingUp, let context else { return }
        for broadcast in batch where broadcast.channel == channel && broadcast.entry.id > reached {
            tellLost(before: broadcast.entry)
            guard choice.takes(topic: broadcast.entry.topic, broadcast.entry.message) else { continue }
            let frame = takesPacked ? broadcast.packed ?? broadcast.frame : broadcast.frame
            enqueue(frame, key: choice.conflates ? broadcast.key : nil, isNumbered: broadcast.entry.isNumbered)
        }
        flush(context)
    }

    /// Says that messages are missing that the loop's mailbox had no place for.
    private func tellLost(before entry: ChannelJournal.Entry) {
        let missing = entry.id - reached - 1
        reached = entry.id
        guard missing > 0, entry.isNumbered else { return }
        enqueue(ServerFrame.text(hub.gap(hub.path(of: channel), "dropped", missing)))
    }

    /// Chooses the topics the client gets; `nil` is all.
    func choose(topics: Set<String>?) { choice.topics = topics }

    private func sendWelcome() {
        let (welcome, last) = hub.welcome(request, channel: channel)
        reached = last
        if let welcome { enqueue(frame(welcome)) }
    }

    /// Sends what the client missed, as much as it takes now; with a gap it begins anew with a snapshot.
    private func catchUp(_ context: ChannelHandlerContext) {
        while phase == .open, isCatchingUp, context.channel.isWritable {
            guard case .entries(let entries) = hub.read(channel, after: reached) else {
                isCatchingUp = false
                enqueue(ServerFrame.text(hub.gap(hub.path(of: channel), "after", reached)))
                return sendWelcome()
            }
            isCatchingUp = !entries.isEmpty
            for entry in entries {
                reached = entry.id
                if choice.takes(topic: entry.topic, entry.message) { write(frame(entry.message), context) }
            }
            flush(context)
        }
    }

    /// Writes a frame, or lets it wait while the peer does not read.
    private func enqueue(_ frame: ByteBuffer, key: String? = nil, isNumbered: Bool = false) {
        guard phase == .open, let context else { return }
        if queue.isEmpty, context.channel.isWritable {
            write(frame, context)
        } else {
            let (dropped, isConflated) = queue.append(frame, key: key)
            hub.countDropped(dropped)
            if isConflated { hub.countConflated() }
            if isNumbered { lost += dropped }
        }
    }

    private func frame(_ message: ByteBuffer) -> ByteBuffer {
        takesPacked ? ServerFrame.message(message) : ServerFrame.text(message)
    }

    private func write(_ frame: ByteBuffer, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(frame), promise: nil)
        unflushed += 1
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard unflushed > 0 else { return }
        hub.countDelivered(unflushed)
        unflushed = 0
        context.flush()
    }

    private func drainQueue(_ context: ChannelHandlerContext) {
        guard phase == .open else { return }
        if context.channel.isWritable, let payload = waitingPong {
            waitingPong = nil
            context.writeAndFlush(wrapOutboundOut(ServerFrame.pong(payload)), promise: nil)
        }
        if lost > 0, context.channel.isWritable {
            write(ServerFrame.text(hub.gap(hub.path(of: channel), "dropped", lost)), context)
            lost = 0
        }
        while context.channel.isWritable, let frame = queue.popFirst() { write(frame, context) }
        flush(context)
    }

    /// Answers a Ping; while the peer does not read only the last one, as RFC 6455, 5.5.3 allows, so that a flood of
    /// pings cannot fill the memory.
    private func pong(_ payload: ByteBuffer, _ context: ChannelHandlerContext) {
        guard context.channel.isWritable else {
            waitingPong = payload
            return
        }
        context.writeAndFlush(wrapOutboundOut(ServerFrame.pong(payload)), promise: nil)
    }

    private func answer(_ text: String) {
        let message = ClientMessage(client: id, channel: hub.path(of: channel), text: text)
        if let reply = hub.onText?(hub, message) { enqueue(ServerFrame.text(reply)) }
    }
}

// MARK: - Life

extension ConnectionHandler {
    private func scheduleBeat(_ context: ChannelHandlerContext) {
        let interval = TimeAmount(configuration.pingInterval)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: interval) { self.beat(context) }
    }

    private func beat(_ context: ChannelHandlerContext) {
        guard phase == .open else { return }
        if let mayStay = configuration.mayStay, !mayStay(request) { return close(context, .policyViolation) }
        switch heartbeat.tick() {
        case .close:
            hub.countUnresponsive()
            close(context, .unresponsive)
        case .ping:
            context.writeAndFlush(wrapOutboundOut(ServerFrame.ping()), promise: nil)
            scheduleBeat(context)
        }
    }

    private func close(_ context: ChannelHandlerContext, _ code: CloseCode?, isAnswer: Bool = false) {
        guard phase == .open else { return }
        leave(.closing)
        let timeout = TimeAmount(configuration.closeTimeout)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { context.close(promise: nil) }
        let sent = context.writeAndFlush(wrapOutboundOut(ServerFrame.close(code)))
        sent.assumeIsolated().whenComplete { _ in
            guard !isAnswer else { return context.close(promise: nil) }
            context.close(mode: .output).assumeIsolated().whenFailure { _ in context.close(promise: nil) }
        }
    }

    private func finish() {
        if phase == .open, context != nil { hub.countBroken() }
        leave(.closed)
        context = nil
    }

    private func leave(_ next: Phase) {
        timer?.cancel()
        timer = nil
        phase = next
        queue.removeAll()
        waitingPong = nil
        hub.detach(self)
    }
}
