import CCurl
import DelimitedText
import PluginKit

/// Turns libcurl's outcome of a transfer into a response or a fault with words.
struct TransferReport: Sendable {
    /// Begins every message.
    let owner: String
    let options: HTTPOptions
    let redaction: Redaction

    /// Returns the response, or why there is none.
    func result(_ transfer: Transfer, _ code: CURLcode) -> FetchResult {
        guard code == CURLE_OK else { return .failure(fault(transfer, code)) }
        do throws(PluginError) {
            return .success(
                HTTPResponse(
                    status: transfer.status, headers: transfer.headers, body: try unpacked(transfer),
                    place: redaction.hiding(transfer.address.shown)))
        } catch { return .failure(error) }
    }

    /// The fault of a redirect that is not followed.
    func redirect(_ transfer: Transfer, to target: HTTPAddress?) -> PluginError {
        let why = transfer.hops < Transfer.maximumHops ? "" : " for the sixth time"
        return error(
            .malformed, .redirect, transfer.address,
            "sends on to \(target.map { "\($0.scheme)://\($0.shown)" } ?? "what is no URL")\(why), which is not followed",
            "Set the base URL to where the source is now")
    }

    /// The fault of a request for which there is no memory.
    func noRoom(_ request: HTTPRequest) -> PluginError {
        error(.environment, .other, request.address, "cannot be asked: libcurl has no memory", "Free memory")
    }

    /// Why a stream of events has ended; `result` is what became of its request.
    func endOfStream(_ result: FetchResult, wasOpen: Bool) -> PluginError {
        switch result {
        case .failure(let error): return error
        case .success(let response):
            if let fault = response.fault(owner, for: "a stream") { return fault }
            let (code, fault, words): (PluginError.Code, HTTPFault, String) =
                wasOpen
                ? (.transient, .ended, "has ended the stream. It is opened again")
                : (.malformed, .noStream, "answered with what is no stream of events. Check the URL")
            return PluginError(code, "\(owner): \(PluginError.shown(response.place)) \(words).", cause: fault)
        }
    }

    /// The fault of a stream over which nothing came, or that was not opened in time.
    func silent(_ place: HTTPAddress?, _ bounds: StreamOptions, isOpen: Bool) -> PluginError {
        let shown = place.map { PluginError.shown(redaction.hiding($0.shown)) } ?? "a stream"
        let what = isOpen ? "has sent nothing for \(bounds.silence)" : "did not open a stream within \(options.timeout)"
        return PluginError(
            .transient, "\(owner): \(shown) \(what). It is opened again; if this lasts, check the network and the URL.",
            cause: isOpen ? HTTPFault.silent : HTTPFault.timeout)
    }

    var noDescriptor: PluginError {
        PluginError(
            .environment, "\(owner): the system has no file descriptor left. Raise the limit (ulimit -n).")
    }

    var noThread: PluginError {
        PluginError(.environment, "\(owner): the system has no thread left. Raise the limit (ulimit -u).")
    }

    var noLibrary: PluginError {
        PluginError(.environment, "\(owner): libcurl cannot be used. Install it again (libcurl4).")
    }

    var stoppedStreams: PluginError {
        PluginError(.cancelled, "\(owner): the streams were closed here.", cause: HTTPFault.stopped)
    }

    private func fault(_ transfer: Transfer, _ code: CURLcode) -> PluginError {
        let place = transfer.address
        func transient(_ fault: HTTPFault, _ what: String) -> PluginError {
            error(
                .transient, fault, place, what, "It is asked again; if this lasts, check the network and the base URL")
        }
        switch code {
        case CURLE_OPERATION_TIMEDOUT where !transfer.isConnected:
            return transient(.connectTimeout, "did not let a connection stand within \(options.connectTimeout)")
        case CURLE_OPERATION_TIMEDOUT:
            return transient(.timeout, "did not answer in full within \(options.timeout)")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return transient(.unknownHost, "is not known by that name")
        case CURLE_COULDNT_CONNECT: return transient(.unreachable, "cannot be reached")
        case CURLE_GOT_NOTHING: return transient(.closedWithoutReply, "closed the connection without a reply")
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            return transfer.hasReply
                ? transient(.reset, "broke the connection off within a reply")
                : transient(.closedWithoutReply, "broke the connection off without a reply")
        case CURLE_PARTIAL_FILE: return transient(.truncated, "ended its reply before the announced length")
        case CURLE_WRITE_ERROR where transfer.isTooLong: return tooLong(place)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CONNECT_ERROR:
            return error(
                code == CURLE_SSL_CONNECT_ERROR ? .transient : .environment, .untrusted, place,
                "could not be trusted (\(PluginError.shown(transfer.words)))",
                "Check the base URL, the system's certificates and clock")
        // The scheme was checked before, so it is the answer that is none of HTTP.
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY:
            return error(
                .malformed, .notHTTP, place, "answered with what is no HTTP",
                "Check the base URL and what listens there")
        case CURLE_URL_MALFORMAT:
            return error(.badRequest, .unsendable, place, "is no address that can be asked", "Check the base URL")
        default:
            let words = transfer.words.isEmpty ? String(cString: curl_easy_strerror(code)) : transfer.words
            return transient(.other, "could not be asked (\(PluginError.shown(words)))")
        }
    }

    private func unpacked(_ transfer: Transfer) throws(PluginError) -> [UInt8] {
        let place = transfer.address
        let coding = transfer.headers.first { $0.name == "content-encoding" }?.value.lowercased() ?? "identity"
        switch coding {
        case "identity", "": return transfer.body
        case "gzip", "x-gzip":
            do throws(TextError) {
                return try GzipBytes.unpacked(transfer.body, limit: options.maximumBytes)
            } catch {
                switch error.code {
                case .implausibleSize: throw tooLong(place)
                case .truncatedGzip:
                    throw self.error(
                        .transient, .truncated, place, "ended its reply within the packed body", "It is asked again")
                default:
                    throw self.error(
                        .malformed, .damagedEncoding, place, "sent a body that is no gzip although it says so",
                        "Report it to the source")
                }
            }
        default:
            throw error(
                .malformed, .damagedEncoding, place,
                "packed its reply as \(PluginError.quoted(coding)), asked for gzip",
                "Check what stands between here and the source")
        }
    }

    private func tooLong(_ place: HTTPAddress) -> PluginError {
        error(
            .malformed, .tooLong, place, "sent more than \(options.maximumBytes) bytes",
            "Ask for less, or raise max_body_bytes")
    }

    private func error(
        _ code: PluginError.Code, _ fault: HTTPFault, _ place: HTTPAddress, _ what: String, _ remedy: String
    ) -> PluginError {
        PluginError(
            code, "\(owner): \(PluginError.shown(redaction.hiding(place.shown))) \(redaction.hiding(what)). \(remedy).",
            cause: fault)
    }
}
