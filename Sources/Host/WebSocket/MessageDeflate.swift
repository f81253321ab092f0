import Deflation
import NIOCore
import NIOHTTP1

/// The extension permessage-deflate of RFC 7692, without context takeover on either side: a message is packed for itself, so
/// that a broadcast is packed once for all its clients.
enum MessageDeflate {
    /// What the server agrees to.
    static let answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    /// Shorter messages gain nothing.
    private static let smallest = 64

    /// Whether one of a client's offers can be agreed to.
    static func isOffered(_ headers: HTTPHeaders) -> Bool {
        headers["sec-websocket-extensions"].flatMap { $0.split(separator: ",") }.contains { offer in
            let parts = offer.split(separator: ";").map {
                $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" }.lowercased()
            }
            guard parts.first == "permessage-deflate" else { return false }
            let names = parts.dropFirst().map { $0.prefix { $0 != "=" } }
            return Set(names).count == names.count && parts.dropFirst().allSatisfy(isAcceptable)
        }
    }

    /// A smaller window of the server's is not to be had: the packed bytes are the same for all.
    private static func isAcceptable(_ parameter: String) -> Bool {
        switch parameter {
        case "server_no_context_takeover", "client_no_context_takeover", "client_max_window_bits",
            "server_max_window_bits=15":
            true
        default:
            (8...15).contains { parameter == "client_max_window_bits=\($0)" }
        }
    }

    /// Returns a message packed; `nil` where that does not make it smaller.
    static func packed(_ message: ByteBuffer) -> ByteBuffer? {
        guard message.readableBytes >= smallest,
            let packed = Deflation.message(Array(message.readableBytesView)), packed.count < message.readableBytes
        else { return nil }
        return ByteBuffer(bytes: packed)
    }

    /// Returns a packed message as it was, or with what the connection has to end.
    static func unpacked(_ message: ByteBuffer, limit: Int) -> Result<ByteBuffer, CloseFault> {
        do throws(Deflation.Fault) {
            return .success(
                ByteBuffer(bytes: try Deflation.unpacked(message: Array(message.readableBytesView), limit: limit)))
        } catch {
            return .failure(CloseFault(code: error == .tooLarge ? .tooLarge : .protocolError))
        }
    }

    /// Why a message cannot be read.
    struct CloseFault: Error {
        let code: CloseCode
    }
}
