package import PluginKit
import SharedLibraries

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
    let boost:
        @convention(c) (Handle, Handle, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?, UInt64) -> Int32
    let save: @convention(c) (Handle, Text, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<Text?>) -> Int32
    let slice: @convention(c) (Handle, Int32, Int32, Int32, UnsafeMutablePointer<Handle?>) -> Int32
    let predictMatrix:
        @convention(c) (
            Handle, Handle, Text, UnsafeMutablePointer<UnsafePointer<UInt64>?>, UnsafeMutablePointer<UInt64>,
            UnsafeMutablePointer<UnsafePointer<Float>?>
        ) -> Int32
    let predictDense:
        @convention(c) (
            Handle, Text, Text, Handle?, UnsafeMutablePointer<UnsafePointer<UInt64>?>, UnsafeMutablePointer<UInt64>,
            UnsafeMutablePointer<UnsafePointer<Float>?>
        ) -> Int32
    /// The model it works for, `kind/id`; begins every message.
    let owner: String
    /// The version the library says it is, `1.7.4`; file names say otherwise.
    package let version: String

    /// Opens the library: the path given, or else the first of `candidates` that opens.
    ///
    /// - Throws: `.environment` with the command that installs it.
    package init(owner: String = "model/xgboost", path: String? = nil) throws(PluginError) {
        let symbols = try SharedLibrary(
            SharedLibrary.Wanted(
                owner: owner, title: "libxgboost", candidates: Self.candidates, version: "1.7",
                command: "sudo apt-get install libxgboost-dev"), path: path)
        self.owner = owner
        lastError = try symbols.find("XGBGetLastError")
        makeMatrix = try symbols.find("XGDMatrixCreateFromMat")
        setFloatInfo = try symbols.find("XGDMatrixSetFloatInfo")
        freeMatrix = try symbols.find("XGDMatrixFree")
        makeBooster = try symbols.find("XGBoosterCreate")
        freeBooster = try symbols.find("XGBoosterFree")
        setParameter = try symbols.find("XGBoosterSetParam")
        setFeatureInfo = try symbols.find("XGBoosterSetStrFeatureInfo")
        update = try symbols.find("XGBoosterUpdateOneIter")
        boost = try symbols.find("XGBoosterBoostOneIter")
        save = try symbols.find("XGBoosterSaveModelToBuffer")
        slice = try symbols.find("XGBoosterSlice")
        predictMatrix = try symbols.find("XGBoosterPredictFromDMatrix")
        predictDense = try symbols.find("XGBoosterPredictFromDense")
        let readVersion: VersionFunction = try symbols.find("XGBoostVersion")
        var numbers: (Int32, Int32, Int32) = (0, 0, 0)
        readVersion(&numbers.0, &numbers.1, &numbers.2)
        version = "\(numbers.0).\(numbers.1).\(numbers.2)"
    }

    /// Where the library is looked for: beside the executable, then by the system's names.
    package static var candidates: [String] {
        let names = ["libxgboost.so", "libxgboost.so.0", "libxgboost.so.1", "libxgboost.so.2", "libxgboost.so.3"]
        return (SharedLibrary.executableFolder.map { ["\($0)/libxgboost.so"] } ?? []) + names
    }

    /// Throws what the library says about its last call, unless that call succeeded.
    func check(_ result: Int32, _ action: String) throws(PluginError) {
        guard result != 0 else { return }
        let text = lastError().map { String(cString: $0) } ?? "no reason given"
        let line = text.split(separator: "\n").first.map(String.init) ?? text
        throw PluginError(
            .environment,
            "\(owner): libxgboost \(version) refused to \(action): \(PluginError.quoted(line)). "
                + "Change the option it names, or install another version.")
    }

    /// The fault of a call that succeeded and gave nothing.
    func nothing(_ what: String) -> PluginError {
        PluginError(
            .environment, "\(owner): libxgboost gave no \(what) and no reason. Install another version of it.")
    }

    private typealias VersionFunction =
        @convention(c) (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Void
}
