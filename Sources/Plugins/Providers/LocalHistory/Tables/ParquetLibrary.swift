import CArrowData
import Glibc
import PluginKit
import SharedLibraries

/// The functions of libcarquet that are used here, found at run time in the library of its Python package.
struct ParquetLibrary: Sendable {
    typealias Handle = UnsafeMutableRawPointer

    let initOptions: @convention(c) (UnsafeMutableRawPointer) -> Void
    let open: @convention(c) (UnsafePointer<CChar>, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Handle?
    let close: @convention(c) (Handle) -> Void
    let groupCount: @convention(c) (Handle) -> Int32
    let read:
        @convention(c) (
            Handle, Int32, UnsafeMutablePointer<ArrowSchema>, UnsafeMutablePointer<ArrowArray>, UnsafeMutableRawPointer
        ) -> Int32

    /// Opens the library: the path given, or else the first place that has it, seen from the manifest's folder.
    ///
    /// - Throws: `.environment` with the command that installs it.
    init(path: String? = nil, folder: String) throws(PluginError) {
        let symbols = try SharedLibrary(
            SharedLibrary.Wanted(
                owner: "provider/local_history", title: "libcarquet, which reads Parquet,",
                candidates: SharedLibrary.inPythonPackage("carquet/libcarquet.so", folder), version: "0.7",
                command: "python3 -m venv .venv && .venv/bin/pip install carquet"), path: path)
        initOptions = try symbols.find("carquet_reader_options_init")
        open = try symbols.find("carquet_reader_open")
        close = try symbols.find("carquet_reader_close")
        groupCount = try symbols.find("carquet_reader_num_row_groups")
        read = try symbols.find("carquet_reader_read_arrow")
    }
}

/// What a call of the library says of a fault: a number, then a text of 256 bytes; the rest is its own.
final class ParquetFault {
    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: 4_096, alignment: 16)

    init() { memset(bytes, 0, 4_096) }

    deinit { bytes.deallocate() }

    var pointer: UnsafeMutableRawPointer { bytes }

    /// The words; those of a call that left none are `no reason given`.
    var text: String {
        let start = (bytes + 4).assumingMemoryBound(to: UInt8.self)
        let words = UnsafeBufferPointer(start: start, count: 256).prefix { $0 != 0 }
        return words.isEmpty ? "no reason given" : PluginError.quoted(String(decoding: words, as: UTF8.self))
    }
}
