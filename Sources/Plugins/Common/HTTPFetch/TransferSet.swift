import CCurl
import PluginKit

/// The transfers of one client on its thread: libcurl's multi interface, its connections, and one cookie jar.
///
/// Belongs to the thread that made it; with `Transfer` the only code that calls libcurl.
final class TransferSet {
    private let multi: UnsafeMutableRawPointer
    private let share: UnsafeMutableRawPointer
    private let report: TransferReport
    private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]

    /// Connections at one time: in all, and to one host.
    private static let maximumConnections = (all: 64, host: 8)

    /// Creates a set; `nil` where libcurl has no memory.
    ///
    /// - Parameter limitsConnections: `false` for streams, each of which keeps one.
    init?(_ report: TransferReport, limitsConnections: Bool = true) {
        guard penstock_curl_begin() != 0, let multi = curl_multi_init() else { return nil }
        guard let share = curl_share_init() else {
            curl_multi_cleanup(multi)
            return nil
        }
        self.multi = multi
        self.share = UnsafeMutableRawPointer(share)
        self.report = report
        penstock_curl_share_cookies(self.share)
        guard limitsConnections else { return }
        penstock_curl_multi_set_number(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, Self.maximumConnections.all)
        penstock_curl_multi_set_number(multi, CURLMOPT_MAX_HOST_CONNECTIONS, Self.maximumConnections.host)
    }

    deinit {
        for transfer in transfers.values { curl_multi_remove_handle(multi, transfer.easy) }
        transfers = [:]
        curl_multi_cleanup(multi)
        curl_share_cleanup(share)
    }

    /// Starts a request; returns its end where it cannot even begin.
    func start(_ request: HTTPRequest, flight: Int, flow: EventFlow? = nil) -> FetchResult? {
        guard let transfer = Transfer(request, flight: flight, options: report.options, share: share, flow: flow),
            curl_multi_add_handle(multi, transfer.easy) == CURLM_OK
        else { return .failure(report.noRoom(request)) }
        transfers[transfer.easy] = transfer
        return nil
    }

    /// Calls a request off; returns what there was of it.
    @discardableResult func end(flight: Int) -> Transfer? {
        guard let transfer = transfers.values.first(where: { $0.flight == flight }) else { return nil }
        curl_multi_remove_handle(multi, transfer.easy)
        transfers[transfer.easy] = nil
        return transfer
    }

    /// Reads on from a source that was held back.
    func goOn(_ flow: EventFlow) {
        guard let transfer = transfers.values.first(where: { $0.flow === flow }) else { return }
        flow.goesOn()
        curl_easy_pause(transfer.easy, CURLPAUSE_RECV_CONT)
    }

    /// Empties the cookie jar.
    func forgetCookies() {
        guard let easy = curl_easy_init() else { return }
        penstock_curl_set_pointer(easy, CURLOPT_SHARE, share)
        penstock_curl_set_text(easy, CURLOPT_COOKIELIST, "ALL")
        curl_easy_cleanup(easy)
    }

    /// Moves all transfers on; returns those that ended.
    func step() -> [(flight: Int, result: FetchResult)] {
        var running: Int32 = 0
        var ended: [(flight: Int, result: FetchResult)] = []
        curl_multi_perform(multi, &running)
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = transfers[easy]
            else { continue }
            let code = message.pointee.data.result
            curl_multi_remove_handle(multi, easy)
            if let result = proceed(transfer, code) {
                transfers[easy] = nil
                ended.append((transfer.flight, result))
            }
        }
        return ended
    }

    /// Waits until a transfer can move on, the descriptor becomes readable, or some time is over, that until `end` at most.
    func wait(for descriptor: Int32, until end: ContinuousClock.Instant? = nil) {
        var extra = curl_waitfd(fd: descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
        let usual = transfers.isEmpty ? 60_000 : 1_000
        let left = end.map { ContinuousClock.now.duration(to: $0).milliseconds } ?? usual
        curl_multi_poll(multi, &extra, 1, Int32(min(usual, left)), nil)
    }

    /// Returns how a transfer ended, or `nil` where it follows a redirect.
    private func proceed(_ transfer: Transfer, _ code: CURLcode) -> FetchResult? {
        guard code == CURLE_OK, case .some(let target) = transfer.redirect else {
            return report.result(transfer, code)
        }
        guard let target, transfer.hops < Transfer.maximumHops, target.scheme == transfer.address.scheme,
            transfer.request.followsToOtherHosts || target.hasSameOrigin(as: transfer.address)
        else { return .failure(report.redirect(transfer, to: target)) }
        transfer.follow(target)
        guard curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
            return .failure(report.noRoom(transfer.request))
        }
        return nil
    }
}
