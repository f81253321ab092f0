/// Unpacks gzip that is in memory as a whole, as the body of a reply is.
public enum GzipBytes {
    /// Returns the unpacked bytes of one or several gzip members; of no bytes, none.
    ///
    /// Throws `.truncatedGzip`, `.damagedGzip`, and `.implausibleSize` where they are more than `limit`.
    public static func unpacked(_ bytes: [UInt8], limit: Int) throws(TextError) -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        guard let inflater = Inflater(.gzip) else {
            throw TextError(.unreadable, "the gzip stream cannot be inflated: memory is short.")
        }
        var text: [UInt8] = []
        var position = 0
        while true {
            let before = (position, text.count)
            switch inflater.inflate(bytes, from: &position, into: &text, limit: 64 << 10) {
            case .damaged(let words): throw TextError(.damagedGzip, "the gzip stream is damaged: \(words).")
            case .memberEnded where position == bytes.count: break
            case .memberEnded: inflater.beginMember()
            case .running where before == (position, text.count):
                throw TextError(.truncatedGzip, "the gzip stream ends too early.")
            case .running: break
            }
            guard text.count <= limit else {
                throw TextError(.implausibleSize, "the gzip stream unpacks to more than \(limit) bytes.")
            }
            if inflater.isBetweenMembers { return text }
        }
    }
}
