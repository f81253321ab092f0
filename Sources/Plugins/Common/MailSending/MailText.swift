import CivilTime
import SocketStream

/// The text of a mail (RFC 5322, MIME): plain, UTF-8, in Base64, so that no line is too long and nothing in it is a header.
public enum MailText {
    private static let lineLength = 76
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Returns headers and body.
    ///
    /// - Parameters:
    ///   - number: what tells the mail from others, without spaces and brackets: the same mail sent again has the same.
    ///   - time: when it is written, nanoseconds since the Unix epoch.
    public static func content(
        from: String, to: [String], subject: String, body: String, number: String, time: Int64
    ) -> [UInt8] {
        let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
        let headers = [
            "From: \(from)", "To: \(to.joined(separator: ",\r\n "))", "Subject: \(encoded(subject))",
            "Date: \(date(time))",
            "Message-ID: <\(number)@\(domain)>", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64", "Auto-Submitted: auto-generated",
        ]
        let text = Base64.text(Array(body.utf8))
        var lines = headers + [""]
        var rest = text[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(lineLength)))
            rest = rest.dropFirst(lineLength)
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
    }

    /// Returns a header's text: as it is where it is short and plain, else in encoded words (RFC 2047).
    static func encoded(_ text: String) -> String {
        if text.utf8.count <= 60, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var words: [String] = []
        var word: [UInt8] = []
        for character in text {
            let bytes = Array(String(character).utf8)
            if word.count + bytes.count > 42, !word.isEmpty {
                words.append("=?utf-8?B?\(Base64.text(word))?=")
                word = []
            }
            word += bytes.prefix(42)
        }
        words.append("=?utf-8?B?\(Base64.text(word))?=")
        return words.joined(separator: "\r\n ")
    }

    /// Returns a time as `Mon, 30 Nov 2026 16:00:00 +0000`.
    static func date(_ nanoseconds: Int64) -> String {
        let time = UTCTime(nanoseconds: nanoseconds)
        let seconds = Int(time.ofDay / 1_000_000_000)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map(two).joined(separator: ":")
        let date = time.date
        return "\(weekdays[date.weekday]), \(two(date.day)) \(months[date.month - 1]) \(date.year) \(clock) +0000"
    }
}
