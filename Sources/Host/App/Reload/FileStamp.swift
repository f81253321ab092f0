import FoundationEssentials

/// Tells whether a file is the one it was: size, number and time of its last change.
struct FileStamp: Hashable {
    let exists: Bool
    private let size: Int64?
    private let number: Int64?
    private let changed: Date?

    /// Looks at a file now.
    init(_ path: String) {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        exists = attributes != nil
        size = (attributes?[.size] as? any BinaryInteger).map { Int64(clamping: $0) }
        number = (attributes?[.systemFileNumber] as? any BinaryInteger).map { Int64(clamping: $0) }
        changed = attributes?[.modificationDate] as? Date
    }
}
