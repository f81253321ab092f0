import CCurl
import Glibc
import HTTPFetch
import PluginKit

/// An encrypted or plain connection that libcurl made: bytes out, bytes in, a wait.
///
/// libcurl gives it what a request over HTTP has: names, proxies of the environment, the system's certificates. Belongs to
/// the thread that made it, and is the only code here that calls libcurl.
final class SocketWire {
    private let multi: UnsafeMutableRawPointer
    private let easy: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var descriptor: Int32 = -1
    private var buffer: [UInt8]

    /// Prepares a connection; `nil` where libcurl has no memory.
    init?(to address: HTTPAddress, _ options: SocketOptions) {
        guard penstock_curl_begin() != 0, let multi = curl_multi_init() else { return nil }
        guard let easy = curl_easy_init() else {
            curl_multi_cleanup(multi)
            return nil
        }
        (self.multi, self.easy) = (multi, easy)
        buffer = Array(repeating: 0, count: 65_536)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        penstock_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        penstock_curl_set_text(easy, CURLOPT_URL, address.text)
        penstock_curl_set_number(easy, CURLOPT_CONNECT_ONLY, 1)
        penstock_curl_set_number(easy, CURLOPT_NOSIGNAL, 1)
        penstock_curl_set_number(easy, CURLOPT_HTTPPROXYTUNNEL, 1)
        penstock_curl_set_number(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        penstock_curl_set_number(easy, CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.wholeMilliseconds)
        if let file = options.trustedFile { penstock_curl_set_text(easy, CURLOPT_CAINFO, file) }
        curl_multi_add_handle(multi, easy)
    }

    deinit {
        curl_multi_remove_handle(multi, easy)
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        errorText.deallocate()
    }

    /// Moves the connecting on for a while; returns whether it stands, or libcurl's fault.
    func connect(_ bell: Bell) -> Result<Bool, WireFault> {
        var (running, left) = (Int32(0), Int32(0))
        curl_multi_perform(multi, &running)
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = message.pointee.data.result
            guard code == CURLE_OK else { return .failure(fault(code)) }
            descriptor = penstock_curl_socket(easy)
            return descriptor >= 0 ? .success(true) : .failure(fault(CURLE_COULDNT_CONNECT))
        }
        var extra = curl_waitfd(fd: bell.descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
        curl_multi_poll(multi, &extra, 1, 1_000, nil)
        return .success(false)
    }

    /// Returns what can be read now; empty where that is nothing, throws where the connection has ended.
    func read() throws(WireFault) -> ArraySlice<UInt8> {
        var count = 0
        let code = buffer.withUnsafeMutableBytes { curl_easy_recv(easy, $0.baseAddress, $0.count, &count) }
        switch code {
        case CURLE_OK where count > 0: return buffer[..<count]
        case CURLE_AGAIN: return []
        case CURLE_OK: throw WireFault(fault: .reset, words: "the connection was closed")
        default: throw fault(code)
        }
    }

    /// Writes what the connection takes now and removes it.
    func write(_ bytes: inout [UInt8]) throws(WireFault) {
        while !bytes.isEmpty {
            var count = 0
            let code = bytes.withUnsafeBytes { curl_easy_send(easy, $0.baseAddress, $0.count, &count) }
            if code == CURLE_AGAIN { return }
            guard code == CURLE_OK else { throw fault(code) }
            bytes.removeFirst(count)
        }
    }

    /// Waits until the bell rings, the connection can be read (or written), or a span is over.
    func wait(_ bell: Bell, reads: Bool, writes: Bool, upTo span: Duration) {
        let events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
        var entries = [
            pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: events == 0 ? -1 : descriptor, events: Int16(events), revents: 0),
        ]
        _ = poll(&entries, 2, Int32(clamping: span.wholeMilliseconds))
    }

    private func fault(_ code: CURLcode) -> WireFault {
        let own = String(cString: errorText)
        let words = own.isEmpty ? String(cString: curl_easy_strerror(code)) : own
        let fault: SocketFault =
            switch code {
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CONNECT_ERROR: .untrusted
            case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING: .reset
            default: .unreachable
            }
        return WireFault(fault: fault, words: words)
    }
}

/// Why a connection does not stand, in libcurl's words.
struct WireFault: Error {
    let fault: SocketFault
    let words: String
}

extension Duration {
    /// Whole milliseconds, at least 1.
    var wholeMilliseconds: Int {
        Int(clamping: max(1, components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000))
    }
}
