import CCurl

/// One request on its way: libcurl's handle and what came back so far.
///
/// Belongs to the thread that made it. libcurl calls back with a pointer to this object, so it lives until the handle is
/// freed; `TransferSet` keeps it that long.
final class Transfer {
    /// The flight it is for.
    let flight: Int
    /// libcurl's handle.
    let easy: UnsafeMutableRawPointer
    private let options: HTTPOptions
    private let deadline: ContinuousClock.Instant
    /// Takes the body piece by piece, where it is to be a stream of events.
    let flow: EventFlow?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    /// libcurl's own words for a fault.
    private let errorText: UnsafeMutablePointer<CChar>

    /// Where the current hop goes.
    private(set) var address: HTTPAddress
    /// What was asked.
    let request: HTTPRequest
    private(set) var hops = 0
    private(set) var status = 0
    private(set) var headers: [HTTPRequest.Header] = []
    private(set) var body: [UInt8] = []
    private(set) var isTooLong = false

    /// Redirects followed at most.
    static let maximumHops = 5
    /// The type of a stream of events.
    private static let events = "text/event-stream"
    /// Headers kept at most.
    private static let maximumHeaders = 200

    /// Prepares a request; `nil` where libcurl has no memory.
    ///
    /// - Parameter flow: takes the body of a reply that is a stream of events; it may last for ever.
    init?(
        _ request: HTTPRequest, flight: Int, options: HTTPOptions, share: UnsafeMutableRawPointer,
        flow: EventFlow? = nil
    ) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.flight = flight
        self.request = request
        self.options = options
        self.flow = flow
        address = request.address
        deadline = ContinuousClock.now.advanced(by: options.timeout)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        let place = Unmanaged.passUnretained(self).toOpaque()
        penstock_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        penstock_curl_set_pointer(easy, CURLOPT_SHARE, share)
        penstock_curl_set_text(easy, CURLOPT_COOKIEFILE, "")
        penstock_curl_set_receiver(easy, CURLOPT_WRITEFUNCTION, receiveBody)
        penstock_curl_set_pointer(easy, CURLOPT_WRITEDATA, place)
        penstock_curl_set_receiver(easy, CURLOPT_HEADERFUNCTION, receiveHeader)
        penstock_curl_set_pointer(easy, CURLOPT_HEADERDATA, place)
        penstock_curl_set_number(easy, CURLOPT_NOSIGNAL, 1)
        penstock_curl_set_number(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        if let file = options.trustedFile { penstock_curl_set_text(easy, CURLOPT_CAINFO, file) }
        setHeaders()
        if request.method == .post {
            penstock_curl_set_number(easy, CURLOPT_POST, 1)
            _ = request.body.withUnsafeBytes { penstock_curl_set_body(easy, $0.baseAddress, curl_off_t($0.count)) }
        }
        setHop()
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// Whether any part of a reply came.
    var hasReply: Bool { status != 0 || !headers.isEmpty }

    /// Why libcurl gave up, in its own words; empty where it has none.
    var words: String { String(cString: errorText) }

    /// Whether the connection stood.
    var isConnected: Bool { penstock_curl_connected_after(easy) > 0 }

    /// Where the reply sends on to, or `nil` where it is no redirect; a text that is no usable URL becomes the root of
    /// nowhere by `.some(nil)`.
    var redirect: HTTPAddress?? {
        guard (300..<400).contains(status), let text = penstock_curl_redirect(easy) else { return .none }
        return .some(HTTPAddress(String(cString: text)))
    }

    /// Prepares the next hop of a redirect: 307 and 308 send the same again, the others read.
    func follow(_ next: HTTPAddress) {
        if status != 307, status != 308 { penstock_curl_set_number(easy, CURLOPT_HTTPGET, 1) }
        address = next
        hops += 1
        (status, headers, body) = (0, [], [])
        setHop()
    }

    private func setHop() {
        penstock_curl_set_text(easy, CURLOPT_URL, address.text)
        let left = max(.milliseconds(1), ContinuousClock.now.duration(to: deadline))
        penstock_curl_set_number(easy, CURLOPT_TIMEOUT_MS, flow == nil ? left.milliseconds : 0)
        penstock_curl_set_number(easy, CURLOPT_CONNECTTIMEOUT_MS, min(left, options.connectTimeout).milliseconds)
    }

    private func setHeaders() {
        let accepted = flow == nil ? "*/*" : Self.events
        let own = [HTTPRequest.Header("User-Agent", options.userAgent), HTTPRequest.Header("Accept", accepted)]
        let named = Set(request.headers.map { $0.name.lowercased() })
        // Unpacked here and not by libcurl, which does not tell a body that was cut within its packed form.
        let packing = HTTPRequest.Header("Accept-Encoding", flow == nil ? "gzip" : "identity")
        for header in own.filter({ !named.contains($0.name.lowercased()) }) + [packing] + request.headers {
            headerList = curl_slist_append(headerList, "\(header.name): \(header.value)") ?? headerList
        }
        penstock_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList)
    }

    /// Whether the reply is a stream of events.
    private var isStream: Bool {
        func header(_ name: String) -> String { headers.first { $0.name == name }?.value.lowercased() ?? "" }
        return flow != nil && (200..<300).contains(status) && header("content-type").hasPrefix(Self.events)
            && ["", "identity"].contains(header("content-encoding"))
    }

    /// Takes a part of the body; returns what libcurl is to be told of it.
    fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let flow, flow.isOpen {
            do throws(ServerEventReader.TooLong) {
                return try flow.take(bytes) ? bytes.count : Int(CURL_WRITEFUNC_PAUSE)
            } catch {
                isTooLong = true
                return 0
            }
        }
        guard body.count + bytes.count <= options.maximumBytes else {
            isTooLong = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    fileprivate func take(line: UnsafeRawBufferPointer) {
        let text = String(decoding: line, as: UTF8.self).trimmed
        if text.hasPrefix("HTTP/") {
            // A new reply: what came before was an interim one.
            headers = []
            status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        } else if let colon = text.firstIndex(of: ":"), headers.count < Self.maximumHeaders {
            let value = String(text[text.index(after: colon)...]).trimmed
            headers.append(HTTPRequest.Header(text[..<colon].lowercased(), value))
        } else if text.isEmpty, isStream {
            flow?.opens()
        }
    }
}

private let receiveBody: curl_write_callback = { data, size, count, place in
    guard let data, let place else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(place).takeUnretainedValue()
    return transfer.take(UnsafeRawBufferPointer(start: data, count: size * count))
}

private let receiveHeader: curl_write_callback = { data, size, count, place in
    guard let data, let place else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(place).takeUnretainedValue()
    transfer.take(line: UnsafeRawBufferPointer(start: data, count: size * count))
    return size * count
}

extension Duration {
    /// Whole milliseconds, rounded down, at least 1.
    var milliseconds: Int {
        Int(clamping: max(1, components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000))
    }
}
