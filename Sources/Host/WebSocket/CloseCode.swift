/// Why a WebSocket connection ends: the status code of a Close frame (RFC 6455, 7.4).
struct CloseCode: RawRepresentable, Equatable, Sendable {
    let rawValue: UInt16

    /// The server stops.
    static let goingAway = CloseCode(rawValue: 1001)
    /// The peer broke the protocol.
    static let protocolError = CloseCode(rawValue: 1002)
    /// The peer sent a binary message; channels carry text.
    static let unsupportedData = CloseCode(rawValue: 1003)
    /// The peer sent text that is not UTF-8.
    static let notUTF8 = CloseCode(rawValue: 1007)
    /// Who the peer is may no longer follow the channel.
    static let policyViolation = CloseCode(rawValue: 1008)
    /// The peer sent a frame or a message above the limit.
    static let tooLarge = CloseCode(rawValue: 1009)
    /// The peer answered no ping.
    static let unresponsive = CloseCode(rawValue: 1011)

    /// Whether a peer may send this code; 1004 ... 1006 and 1015 never travel, others are not assigned.
    var isAllowedOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
