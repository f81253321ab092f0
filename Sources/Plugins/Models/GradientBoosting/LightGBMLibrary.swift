package import PluginKit
import SharedLibraries

/// The functions of LightGBM's C interface that are used here, found at run time in the library of its Python package.
package struct LightGBMLibrary: Sendable {
    typealias Handle = UnsafeMutableRawPointer
    typealias Text = UnsafePointer<CChar>

    let lastError: @convention(c) () -> Text?
    let makeDataset:
        @convention(c) (
            UnsafePointer<Double>, Int32, Int32, Int32, Int32, Text, Handle?, UnsafeMutablePointer<Handle?>
        ) -> Int32
    let setField: @convention(c) (Handle, Text, UnsafePointer<Float>, Int32, Int32) -> Int32
    let freeDataset: @convention(c) (Handle) -> Int32
    let makeBooster: @convention(c) (Handle, Text, UnsafeMutablePointer<Handle?>) -> Int32
    let freeBooster: @convention(c) (Handle) -> Int32
    let addValidation: @convention(c) (Handle, Handle) -> Int32
    let update: @convention(c) (Handle, UnsafeMutablePointer<Int32>) -> Int32
    let evaluate: @convention(c) (Handle, Int32, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Double>) -> Int32
    let save:
        @convention(c) (
            Handle, Int32, Int32, Int32, Int64, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<CChar>?
        ) -> Int32
    let predict:
        @convention(c) (
            Handle, UnsafePointer<Double>, Int32, Int32, Int32, Int32, Int32, Int32, Int32, Text,
            UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Double>
        ) -> Int32

    /// Opens the library: the path given, or else the first place that has it, seen from the manifest's folder.
    ///
    /// - Throws: `.environment` with the command that installs it.
    package init(path: String? = nil, folder: String = ".") throws(PluginError) {
        let symbols = try SharedLibrary(
            SharedLibrary.Wanted(
                owner: "model/gradient_boosting", title: "LightGBM",
                candidates: SharedLibrary.inPythonPackage("lightgbm/lib/lib_lightgbm.so", folder),
                version: "4.0",
                command: "python3 -m venv .venv && .venv/bin/pip install lightgbm"), path: path)
        lastError = try symbols.find("LGBM_GetLastError")
        makeDataset = try symbols.find("LGBM_DatasetCreateFromMat")
        setField = try symbols.find("LGBM_DatasetSetField")
        freeDataset = try symbols.find("LGBM_DatasetFree")
        makeBooster = try symbols.find("LGBM_BoosterCreate")
        freeBooster = try symbols.find("LGBM_BoosterFree")
        addValidation = try symbols.find("LGBM_BoosterAddValidData")
        update = try symbols.find("LGBM_BoosterUpdateOneIter")
        evaluate = try symbols.find("LGBM_BoosterGetEval")
        save = try symbols.find("LGBM_BoosterSaveModelToString")
        predict = try symbols.find("LGBM_BoosterPredictForMat")
    }

    /// Throws what the library says about its last call, unless that call succeeded.
    func check(_ result: Int32, _ action: String) throws(PluginError) {
        guard result != 0 else { return }
        let text = lastError().map { String(cString: $0) } ?? "no reason given"
        throw PluginError(
            .environment,
            "model/gradient_boosting: LightGBM refused to \(action): \(PluginError.quoted(text)). "
                + "Change the option it names, or install another version.")
    }
}
