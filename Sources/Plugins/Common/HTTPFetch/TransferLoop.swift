import Glibc
import PluginKit
import Synchronization

/// The thread of a client, and the way to it from tasks.
///
/// Tasks join flights in the table and ring; the thread takes the work, drives libcurl and resumes who waits. It begins
/// with the first request and ends with `stop`. Nothing but the thread touches libcurl.
final class TransferLoop: Sendable {
    private let table = Mutex(FlightTable())
    private let bell: Bell
    private let report: TransferReport
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void

    init(
        _ report: TransferReport, log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void
    ) throws(PluginError) {
        guard let bell = Bell() else { throw report.noDescriptor }
        self.bell = bell
        self.report = report
        self.log = log
    }

    /// Waits for a request's end; leaves it where the task is cancelled.
    func fetch(_ request: HTTPRequest) async -> FetchResult {
        let waiter = table.withLock { $0.makeNumber() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                join(waiter, continuation, request)
                // Cancelled before it joined: the handler found nobody.
                if Task.isCancelled { leave(waiter) }
            }
        } onCancel: {
            leave(waiter)
        }
    }

    /// Ends the thread; who waits gets `.cancelled`.
    func stop() {
        let waiting = table.withLock { $0.stop() }
        bell.ring()
        for waiter in waiting { waiter.resume(returning: .failure(stopped)) }
    }

    func forgetCookies() {
        table.withLock { $0.forgetCookies() }
        bell.ring()
    }

    private enum Joining { case joined, begins, refused(PluginError) }

    private func join(_ waiter: Int, _ continuation: FlightTable.Waiter, _ request: HTTPRequest) {
        let joining = table.withLock { table -> Joining in
            if table.isStopped { return .refused(stopped) }
            if table.isFull(for: request) { return .refused(crowded) }
            table.join(waiter, continuation, request)
            defer { table.isRunning = true }
            return table.isRunning ? .joined : .begins
        }
        switch joining {
        case .joined: bell.ring()
        case .begins: begin()
        case .refused(let error): continuation.resume(returning: .failure(error))
        }
    }

    private func leave(_ waiter: Int) {
        guard let continuation = table.withLock({ $0.leave(waiter) }) else { return }
        bell.ring()
        let error = PluginError(.cancelled, "\(owner): the request was cancelled.")
        continuation.resume(returning: .failure(error))
    }

    private func finish(_ flight: Int, _ result: FetchResult) {
        for waiter in table.withLock({ $0.finish(flight) }) { waiter.resume(returning: result) }
    }

    /// Starts the thread; it holds this object until it ends.
    private func begin() {
        guard !NetworkThread.start({ self.run() }) else { return }
        giveUp(report.noThread)
    }

    private func run() {
        guard let transfers = TransferSet(report) else { return giveUp(report.noLibrary) }
        while true {
            bell.clear()
            let work = table.withLock { $0.takeWork() }
            if work.isStopped { return }
            if work.forgetsCookies { transfers.forgetCookies() }
            for flight in work.ends { transfers.end(flight: flight) }
            for start in work.starts {
                if let result = transfers.start(start.request, flight: start.flight) { finish(start.flight, result) }
            }
            for ended in transfers.step() {
                note(ended.result)
                finish(ended.flight, ended.result)
            }
            transfers.wait(for: bell.descriptor)
        }
    }

    /// Ends all requests where there is no thread or no library; the next one tries again.
    private func giveUp(_ why: PluginError) {
        for waiter in table.withLock({ $0.clear() }) { waiter.resume(returning: .failure(why)) }
    }

    private func note(_ result: FetchResult) {
        switch result {
        case .success(let response):
            log(
                .trace, HTTPClient.answered,
                [
                    "provider.id": owner, "place": response.place, "status": "\(response.status)",
                    "bytes": "\(response.body.count)",
                ])
        case .failure(let fault):
            log(.trace, HTTPClient.unanswered, ["provider.id": owner, "error": fault.message])
        }
    }

    private var owner: String { report.owner }

    private var stopped: PluginError {
        PluginError(
            .cancelled, "\(owner): the request was called off, the plugin is stopped.", cause: HTTPFault.stopped)
    }

    private var crowded: PluginError {
        PluginError(
            .transient, "\(owner): more than \(FlightTable.maximumFlights) requests wait. Ask for fewer at a time.",
            cause: HTTPFault.crowded)
    }
}
