import Glibc

/// What tries and requests are counted by.
package enum AddressGroup {
    /// Returns an address of IPv4 as it is, and of IPv6 the network that one customer has, its first 64 bits.
    package static func of(_ address: String) -> String {
        guard address.contains(":") else { return address }
        var parsed = in6_addr()
        let text = String(address.prefix { $0 != "%" })
        guard inet_pton(AF_INET6, text, &parsed) == 1 else { return address }
        let bytes = withUnsafeBytes(of: &parsed) { Array($0) }
        if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
        }
        return RandomText.hex(bytes.prefix(8)) + "/64"
    }
}
