package import NIOCore

/// What a client of a channel asked for when it came.
package struct ChannelChoice: Sendable, Equatable {
    /// The id of the last message it has: what came after it is sent in place of a snapshot. `nil` asks for a snapshot.
    package var after: Int?
    /// The topics it gets; `nil` is all.
    package var topics: Set<String>?
    /// Values that members of a message must have where it has the member, as `model` or `severity`.
    package var members: [String: Set<String>] = [:]
    /// Whether of several waiting messages about the same only the newest is sent.
    package var conflates = false

    /// Creates a choice of everything.
    package init() {}

    /// Whether a message is among what was asked for.
    package func takes(topic: String?, _ message: ByteBuffer) -> Bool {
        if let topic, let topics, !topics.contains(topic) { return false }
        return members.allSatisfy { name, values in
            guard let value = message.text(ofMember: name) else { return true }
            return values.contains(value)
        }
    }
}

extension ByteBuffer {
    /// Returns the text of a member of the JSON object in the buffer, `nil` where there is none.
    ///
    /// It looks for `"name":"`, which cannot stand within a text of JSON: quotation marks in it are escaped.
    func text(ofMember name: String) -> String? {
        withUnsafeReadableBytes { bytes in
            let pattern = Array("\"\(name)\":\"".utf8)
            guard bytes.count > pattern.count else { return nil }
            var start = 0
            while start + pattern.count <= bytes.count {
                if bytes[start] == pattern[0], bytes[start..<start + pattern.count].elementsEqual(pattern) {
                    let rest = bytes[(start + pattern.count)...]
                    return String(decoding: rest.prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
                }
                start += 1
            }
            return nil
        }
    }
}
