import CCurl
import HTTPFetch
public import PluginKit

/// Hands mail over to a server (SMTP) through libcurl, each on a thread of its own that ends with it.
public enum MailTransfer {
    /// Hands a mail over; returns when the server has taken it.
    ///
    /// - Parameter owner: begins every message: `sink/mail`.
    /// - Throws: `.transient` for what may pass, `.auth` for a refused login, `.permission` for a refused sender or receiver,
    ///   `.environment`.
    public static func send(_ mail: Mail, over server: MailServer, owner: String) async throws(PluginError) {
        let result = await withCheckedContinuation { (done: CheckedContinuation<Result<Void, PluginError>, Never>) in
            let isStarted = NetworkThread.start { done.resume(returning: run(mail, server, owner)) }
            if !isStarted {
                done.resume(
                    returning: .failure(
                        PluginError(
                            .environment, "\(owner): the system has no thread left. Raise the limit (ulimit -u).")))
            }
        }
        try result.get()
    }

    private static func run(_ mail: Mail, _ server: MailServer, _ owner: String) -> Result<Void, PluginError> {
        guard penstock_curl_begin() != 0, let upload = MailUpload(mail, server) else {
            return .failure(
                PluginError(.environment, "\(owner): libcurl cannot be used. Install it again (libcurl4)."))
        }
        let code = curl_easy_perform(upload.easy)
        guard code != CURLE_OK else { return .success(()) }
        let answer = penstock_curl_number(upload.easy, CURLINFO_RESPONSE_CODE)
        let words = upload.words.isEmpty ? String(cString: curl_easy_strerror(code)) : upload.words
        let what =
            server.password.isEmpty
            ? words
            : words.split(separator: server.password.reveal(), omittingEmptySubsequences: false).joined(
                separator: "<secret>")
        return .failure(
            PluginError(
                Self.kind(code, answer),
                "\(owner): \(server.host):\(server.port) did not take a mail: \(PluginError.shown(what)). \(remedy(code, answer))"
            ))
    }

    private static func kind(_ code: CURLcode, _ answer: Int) -> PluginError.Code {
        switch code {
        case CURLE_LOGIN_DENIED: .auth
        case CURLE_USE_SSL_FAILED, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: .environment
        default: (500...599).contains(answer) ? .permission : .transient
        }
    }

    private static func remedy(_ code: CURLcode, _ answer: Int) -> String {
        switch code {
        case CURLE_LOGIN_DENIED: "Check 'user' and 'password'."
        case CURLE_USE_SSL_FAILED: "It has no STARTTLS: set 'encryption' to what the server has."
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
            "Its certificate is not trusted: name the file of yours in 'trusted'."
        default:
            (500...599).contains(answer)
                ? "Check sender and receivers against what the server relays."
                : "It is tried again; check host and port if this lasts."
        }
    }
}

/// One mail on its way. libcurl calls back with a pointer to this object, which outlives the call.
private final class MailUpload {
    let easy: UnsafeMutableRawPointer
    private let content: [UInt8]
    private var sent = 0
    private var receivers: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>

    init?(_ mail: Mail, _ server: MailServer) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        content = mail.content
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        penstock_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        penstock_curl_set_text(easy, CURLOPT_URL, server.url)
        penstock_curl_set_number(easy, CURLOPT_NOSIGNAL, 1)
        let span = server.timeout.components
        let limit = max(1, Int(span.seconds) * 1_000 + Int(span.attoseconds / 1_000_000_000_000_000))
        penstock_curl_set_number(easy, CURLOPT_TIMEOUT_MS, limit)
        penstock_curl_set_number(
            easy, CURLOPT_USE_SSL, Int(server.encryption == .none ? CURLUSESSL_NONE.rawValue : CURLUSESSL_ALL.rawValue))
        if let file = server.trustedFile { penstock_curl_set_text(easy, CURLOPT_CAINFO, file) }
        if !server.user.isEmpty {
            penstock_curl_set_text(easy, CURLOPT_USERNAME, server.user)
            penstock_curl_set_text(easy, CURLOPT_PASSWORD, server.password.reveal())
        }
        penstock_curl_set_text(easy, CURLOPT_MAIL_FROM, "<\(mail.from)>")
        for receiver in mail.to { receivers = curl_slist_append(receivers, "<\(receiver)>") ?? receivers }
        penstock_curl_set_pointer(easy, CURLOPT_MAIL_RCPT, receivers)
        penstock_curl_set_number(easy, CURLOPT_UPLOAD, 1)
        penstock_curl_set_receiver(easy, CURLOPT_READFUNCTION, giveContent)
        penstock_curl_set_pointer(easy, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(receivers)
        errorText.deallocate()
    }

    /// Why libcurl gave up, in its own words.
    var words: String { String(cString: errorText) }

    /// Fills a buffer with what follows; returns how many bytes that are.
    fileprivate func give(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, content.count - sent)
        buffer.copyBytes(from: content[sent..<sent + count])
        sent += count
        return count
    }
}

private let giveContent: curl_read_callback = { data, size, count, place in
    guard let data, let place else { return 0 }
    let upload = Unmanaged<MailUpload>.fromOpaque(place).takeUnretainedValue()
    return upload.give(UnsafeMutableRawBufferPointer(start: data, count: size * count))
}
