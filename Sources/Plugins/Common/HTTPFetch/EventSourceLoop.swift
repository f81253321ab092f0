import CivilTime
import PluginKit
import Synchronization

/// The thread of an `EventSource`, and the way to it from a task.
///
/// It begins with the first stream and ends with `stop`. Nothing but the thread touches libcurl.
final class EventSourceLoop: Sendable {
    private let mailbox = Mutex(EventMailbox())
    private let bell: Bell
    private let report: TransferReport
    private let bounds: StreamOptions

    init(_ report: TransferReport, _ bounds: StreamOptions) throws(PluginError) {
        guard let bell = Bell() else { throw report.noDescriptor }
        self.bell = bell
        self.report = report
        self.bounds = bounds
    }

    // MARK: From tasks

    func open(_ stream: Int, _ request: HTTPRequest, after wait: Duration) {
        let begins = mailbox.withLock { mailbox in
            mailbox.open(EventMailbox.Start(stream: stream, request: request, due: .now + wait))
            defer { mailbox.isRunning = true }
            return !mailbox.isRunning
        }
        guard begins else { return bell.ring() }
        if !NetworkThread.start({ self.run() }) { end(report.noThread) }
    }

    func receive() async throws(PluginError) -> [StreamArrival] {
        let arrivals = await wait()
        // Reading may have paused.
        bell.ring()
        return try arrivals.get()
    }

    /// Ends the thread; who waits gets `.cancelled`.
    func stop() {
        end(report.stoppedStreams)
        bell.ring()
    }

    private func end(_ error: PluginError) {
        mailbox.withLock { $0.end(error) }?.resume(returning: .failure(error))
    }

    private func wait() async -> ArrivalResult {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = mailbox.withLock { mailbox -> ArrivalResult? in
                    if let result = mailbox.ready() { return result }
                    mailbox.wait(continuation)
                    return nil
                }
                if let result { continuation.resume(returning: result) }
                // Cancelled before it waited: the handler found nobody.
                if Task.isCancelled { stop() }
            }
        } onCancel: {
            stop()
        }
    }

    // MARK: The thread

    private func run() {
        guard let transfers = TransferSet(report, limitsConnections: false) else { return end(report.noLibrary) }
        var flows: [Int: EventFlow] = [:]
        while true {
            bell.clear()
            let (starts, isFull, hasEnded) = mailbox.withLock { mailbox in
                (mailbox.takeStarts(now: .now), mailbox.isFull, mailbox.hasEnded)
            }
            if hasEnded { return }
            for start in starts {
                let flow = flow(start.stream)
                flows[start.stream] = flow
                if let result = transfers.start(start.request, flight: start.stream, flow: flow) {
                    end(&flows, start.stream, report.endOfStream(result, wasOpen: false))
                }
            }
            if !isFull { for flow in flows.values where flow.isPaused { transfers.goOn(flow) } }
            for ended in transfers.step() {
                let wasOpen = flows[ended.flight]?.isOpen ?? false
                end(&flows, ended.flight, report.endOfStream(ended.result, wasOpen: wasOpen))
            }
            endSilent(&flows, transfers)
            transfers.wait(for: bell.descriptor, until: next(flows))
        }
    }

    private func flow(_ stream: Int) -> EventFlow {
        EventFlow(
            stream, maximumBytes: report.options.maximumBytes, isFull: { self.mailbox.withLock { $0.isFull } },
            now: { WallClock.now() }, deliver: { self.deliver(stream, $0) })
    }

    private func deliver(_ stream: Int, _ content: StreamArrival.Content) {
        let told = mailbox.withLock { $0.add(StreamArrival(stream: stream, content: content)) }
        told?.waiter.resume(returning: told?.result ?? .success([]))
    }

    private func end(_ flows: inout [Int: EventFlow], _ stream: Int, _ error: PluginError) {
        flows[stream] = nil
        deliver(stream, .ended(error))
    }

    private func endSilent(_ flows: inout [Int: EventFlow], _ transfers: TransferSet) {
        for (stream, flow) in flows {
            guard let due = flow.silentFrom(bounds, report.options), due <= .now else { continue }
            let place = transfers.end(flight: stream)?.address
            end(&flows, stream, report.silent(place, bounds, isOpen: flow.isOpen))
        }
    }

    /// When something is due that no descriptor tells.
    private func next(_ flows: [Int: EventFlow]) -> ContinuousClock.Instant? {
        let silent = flows.values.compactMap { $0.silentFrom(bounds, report.options) }.min()
        return [silent, mailbox.withLock { $0.nextStart }].compactMap(\.self).min()
    }
}
