import Crypto

/// Digests that tell whether content is what it was.
package enum ContentHash {
    /// Returns the SHA-256 of bytes, 64 hexadecimal digits.
    package static func sha256(_ bytes: [UInt8]) -> String { RandomText.hex(SHA256.hash(data: bytes)) }
}
