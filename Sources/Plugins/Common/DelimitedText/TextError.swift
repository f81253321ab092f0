/// Why a file cannot be read as text records, or no further.
public struct TextError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The class of a fault; more may be added.
    public struct Code: Sendable, Hashable {
        private let name: String
        private init(_ name: String) { self.name = name }

        /// There is no such file.
        public static let notFound = Code("not_found")
        /// The system refuses: permission, a folder, an I/O fault.
        public static let unreadable = Code("unreadable")
        /// The gzip stream ends too early: the file is cut.
        public static let truncatedGzip = Code("truncated_gzip")
        /// The gzip stream contradicts itself.
        public static let damagedGzip = Code("damaged_gzip")
        /// The zip archive has no directory at its end: it is cut.
        public static let truncatedZip = Code("truncated_zip")
        /// The zip archive contradicts itself.
        public static let damagedZip = Code("damaged_zip")
        /// The zip archive has no such file, or several and none is named.
        public static let wrongMember = Code("wrong_member")
        /// It unpacks to far more than text ever does.
        public static let implausibleSize = Code("implausible_size")
        /// It is no text: another archive or a binary format.
        public static let unsupportedFormat = Code("unsupported_format")
        /// It is text in another encoding than said.
        public static let wrongEncoding = Code("wrong_encoding")
        /// It was replaced while it was read.
        public static let changed = Code("changed")
        /// The file has no such table, or several and none is named, or the query cannot be asked of it.
        public static let wrongTable = Code("wrong_table")
        /// The table cannot be read, or no further: the file is damaged.
        public static let damagedTable = Code("damaged_table")
        /// The machine lacks the library that reads such files.
        public static let missingLibrary = Code("missing_library")
        /// The machine lacks the converter of an encoding.
        public static let missingConverter = Code("missing_converter")
    }

    /// The class of the fault.
    public let code: Code
    /// What is wrong and where, what to do; begins with the file's name.
    public let description: String
    /// Place in the file as it lies on disk, in bytes, where one is known.
    public let byteOffset: Int64?

    /// Creates a fault.
    public init(_ code: Code, _ description: String, byteOffset: Int64? = nil) {
        self.code = code
        self.description = description
        self.byteOffset = byteOffset
    }
}

/// How the bytes of a text are meant.
public enum TextEncoding: String, Sendable, Hashable, CaseIterable {
    /// UTF-8, with or without a byte order mark.
    case utf8 = "utf-8"
    /// GB18030, which contains GBK and GB2312.
    case gb18030
}
