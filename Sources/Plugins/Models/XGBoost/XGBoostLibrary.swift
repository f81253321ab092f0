import Glibc
package import PluginKit

/// The functions of libxgboost's C interface that are used here, found at run time.
///
/// The library is opened when it is needed and stays open: it owns threads that outlive any handle, so it is never closed.
/// Opening it again gives the same handle and costs microseconds.
package struct XGBoostLibrary: Sendable {
    package typealias Handle = UnsafeMutableRawPointer
    typealias Text = UnsafePointer<CChar>

    let lastError: @convention(c) () -> Text?
    let makeMatrix:
        @convention(c) (UnsafePointer<Float>?, UInt64, UInt64, Float, UnsafeMutablePointer<Handle?>) -> Int32
    let setFloatInfo: @convention(c) (Handle, Text, UnsafePointer<Float>?, UInt64) -> Int32
    let freeMatrix: @convention(c) (Handle) -> Int32
    let makeBooster: @convention(c) (UnsafePointer<Handle?>, UInt64, UnsafeMutablePointer<Handle?>) -> Int32
    let freeBooster: @convention(c) (Handle) -> Int32
    let setParameter: @convention(c) (Handle, Text, Text) -> Int32
    let setFeatureInfo: @convention(c) (Handle, Text, UnsafePointer<Text?>, UInt64) -> Int32
    let update: @convention(c) (Handle, Int32, Handle) -> Int32
    let save: @convention(c) (Handle, Text, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<Text?>) -> Int32
    let predictDense:
        @convention(c) (
            Handle, Text, Text, Handle?, UnsafeMutablePointer<UnsafePointer<UInt64>?>, UnsafeMutablePointer<UInt64>,
            UnsafeMutablePointer<UnsafePointer<Float>?>
        ) -> Int32
    /// The version the library says it is, `1.7.4`; file names say otherwise.
    package let version: String

    /// Opens the library: the path given, or else the first of `candidates` that opens.
    ///
    /// - Throws: `.environment` with the command that installs it.
    package init(path: String? = nil) throws(PluginError) {
        let symbols = try Symbols.open(path)
        lastError = try symbols.find("XGBGetLastError")
        makeMatrix = try symbols.find("XGDMatrixCreateFromMat")
        setFloatInfo = try symbols.find("XGDMatrixSetFloatInfo")
        freeMatrix = try symbols.find("XGDMatrixFree")
        makeBooster = try symbols.find("XGBoosterCreate")
        freeBooster = try symbols.find("XGBoosterFree")
        setParameter = try symbols.find("XGBoosterSetParam")
        setFeatureInfo = try symbols.find("XGBoosterSetStrFeatureInfo")
        update = try symbols.find("XGBoosterUpdateOneIter")
        save = try symbols.find("XGBoosterSaveModelToBuffer")
        predictDense = try symbols.find("XGBoosterPredictFromDense")
        let readVersion: VersionFunction = try symbols.find("XGBoostVersion")
        var numbers: (Int32, Int32, Int32) = (0, 0, 0)
        readVersion(&numbers.0, &numbers.1, &numbers.2)
        version = "\(numbers.0).\(numbers.1).\(numbers.2)"
    }

    /// Where the library is looked for: beside the executable, then by the system's names.
    package static var candidates: [String] {
        let names = ["libxgboost.so", "libxgboost.so.0", "libxgboost.so.1", "libxgboost.so.2", "libxgboost.so.3"]
        return (executableFolder.map { ["\($0)/libxgboost.so"] } ?? []) + names
    }

    /// Throws what the library says about its last call, unless that call succeeded.
    func check(_ result: Int32, _ action: String) throws(PluginError) {
        guard result != 0 else { return }
        let text = lastError().map { String(cString: $0) } ?? "no reason given"
        let line = text.split(separator: "\n").first.map(String.init) ?? text
        throw PluginError(
            .environment,
            "model/xgboost: libxgboost \(version) refused to \(action): \(PluginError.quoted(line)). "
                + "Change the option it names, or install another version.")
    }

    private typealias VersionFunction =
        @convention(c) (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Void

    private static var executableFolder: String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0, let slash = buffer[..<count].lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return String(decoding: buffer[..<slash], as: UTF8.self)
    }
}

/// An opened library and the search for its functions.
private struct Symbols {
    private let handle: UnsafeMutableRawPointer
    private let name: String

    private static let remedy = "Install it: sudo apt-get install libxgboost-dev"

    static func open(_ path: String?) throws(PluginError) -> Symbols {
        let candidates = path.map { [$0] } ?? XGBoostLibrary.candidates
        for name in candidates {
            if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) { return Symbols(handle: handle, name: name) }
        }
        if let path {
            let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
            throw PluginError(
                .environment,
                "model/xgboost: 'library' is \(PluginError.quoted(path)), which cannot be opened: "
                    + "\(PluginError.quoted(reason)). Correct the path, or remove 'library' to use the system's. \(remedy)"
            )
        }
        throw PluginError(
            .environment,
            "model/xgboost: libxgboost is not installed (tried \(candidates.joined(separator: ", "))). \(remedy)")
    }

    /// Returns a function. Its type is a promise of libxgboost's header, which keeps it from version to version.
    func find<Function>(_ symbol: String) throws(PluginError) -> Function {
        guard let address = dlsym(handle, symbol) else {
            throw PluginError(
                .environment,
                "model/xgboost: \(PluginError.quoted(name)) has no function '\(symbol)'; needed is libxgboost 1.7 or "
                    + "newer. \(Self.remedy)")
        }
        return unsafeBitCast(address, to: Function.self)
    }
}
