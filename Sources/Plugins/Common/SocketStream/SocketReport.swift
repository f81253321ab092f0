import HTTPFetch
import PluginKit

/// Turns the ends of a socket into classified faults with words.
struct SocketReport: Sendable {
    /// Begins every message.
    let owner: String
    let address: HTTPAddress
    let options: SocketOptions
    let redaction: Redaction

    /// Host and path, without a secret.
    var place: String { PluginError.shown(redaction.hiding(address.shown)) }

    func error(_ fault: WireFault, within message: Bool = false) -> PluginError {
        let words = PluginError.shown(redaction.hiding(fault.words))
        switch fault.fault {
        case .untrusted:
            return make(
                .environment, .untrusted, "could not be trusted (\(words))",
                "Check the URL, the system's certificates and clock")
        case .reset:
            return make(.transient, .reset, "broke the stream off" + (message ? " within a message" : ""), Self.again)
        default: return make(.transient, fault.fault, "cannot be reached (\(words))", Self.again)
        }
    }

    func error(_ violation: FrameReader.Violation) -> PluginError {
        make(
            .malformed, violation.fault, "does not speak as a WebSocket: \(violation.message)",
            violation.fault == .tooLong ? "Raise max_body_bytes" : "Check the URL and what listens there")
    }

    /// The fault of a handshake that was answered with something else.
    func refusal(_ head: SocketHandshake.Head) -> PluginError {
        let response = HTTPResponse(status: head.status, headers: head.headers, body: [], place: place)
        guard let fault = response.fault(owner, for: "a stream"), head.status >= 300 else {
            return make(
                .malformed, .refused, "answered a stream's handshake with HTTP \(head.status) and no WebSocket",
                "Check the URL and what listens there")
        }
        return PluginError(fault.code, fault.message, retryAfter: fault.retryAfter, cause: SocketFault.refused)
    }

    func closed(_ code: Int, _ reason: String) -> PluginError {
        let words = reason.isEmpty ? "" : " \(PluginError.quoted(redaction.hiding(reason)))"
        return make(
            code == 1008 ? .rateLimited : .transient, .closed, "closed the stream with \(code)\(words)", Self.again)
    }

    func silent(_ span: Duration) -> PluginError {
        make(.transient, .silent, "has sent nothing for \(span), no answer to a ping either", Self.again)
    }

    var late: PluginError {
        make(.transient, .unreachable, "did not open a stream within \(options.connectTimeout)", Self.again)
    }

    var stopped: PluginError {
        PluginError(.cancelled, "\(owner): the stream was closed here.", cause: SocketFault.stopped)
    }

    var noMemory: PluginError {
        make(.environment, .unreachable, "cannot be connected: libcurl has no memory", "Free memory")
    }

    private static let again = "It is connected again; if this lasts, check the network and the URL"

    private func make(
        _ code: PluginError.Code, _ fault: SocketFault, _ what: String, _ remedy: String
    ) -> PluginError {
        PluginError(code, "\(owner): \(place) \(what). \(remedy).", cause: fault)
    }
}
