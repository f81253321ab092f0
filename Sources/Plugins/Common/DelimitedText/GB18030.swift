/// Text of Chinese sources in GB18030, of which GBK and GB2312 are parts.
public enum GB18030 {
    /// Returns the text of bytes that are in memory as a whole; `nil` where a byte begins no character, or the machine has no
    /// converter.
    public static func text(_ bytes: [UInt8]) -> String? {
        guard let converter = EncodingConverter() else { return nil }
        var converted: [UInt8] = []
        converter.convert(bytes, into: &converted, isLast: true)
        return converter.takeFaults().isEmpty ? String(decoding: converted, as: UTF8.self) : nil
    }
}
