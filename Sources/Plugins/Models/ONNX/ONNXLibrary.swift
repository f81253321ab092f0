import CONNXRuntime
package import PluginKit
import SharedLibraries

/// ONNX Runtime, found at run time in its Python package: its functions, and the one environment its sessions share.
///
/// - Note: Unchecked: the table and what it points to are immutable, and the library's functions may be called from any thread.
package final class ONNXLibrary: @unchecked Sendable {
    /// Version of the table of functions that is asked for; newer libraries have it too.
    private static let apiVersion: UInt32 = 14
    static let owner = "model/onnx"

    let api: ort_api
    let environment: UnsafeMutableRawPointer
    let memory: UnsafeMutableRawPointer
    /// The library's own version: `1.32.0`.
    package let version: String

    /// Opens the library: the path given, or else the first place that has it, seen from the manifest's folder.
    ///
    /// - Throws: `.environment` with the command that installs it.
    package init(path: String? = nil, folder: String = ".") throws(PluginError) {
        let command = "python3 -m venv .venv && .venv/bin/pip install onnxruntime"
        let library = try SharedLibrary(
            SharedLibrary.Wanted(
                owner: Self.owner, title: "ONNX Runtime",
                candidates: SharedLibrary.inPythonPackage("onnxruntime/capi/libonnxruntime.so.*", folder),
                version: "1.14", command: command), path: path)
        typealias Base = @convention(c) () -> UnsafePointer<ort_api_base>?
        let find: Base = try library.find("OrtGetApiBase")
        guard let base = find()?.pointee, let table = base.api(Self.apiVersion)?.pointee else {
            throw PluginError(
                .environment, "\(Self.owner): ONNX Runtime is older than 1.14. Install a newer one: \(command)")
        }
        api = table
        version = base.version().map { String(cString: $0) } ?? ""
        var environment: UnsafeMutableRawPointer?
        var memory: UnsafeMutableRawPointer?
        // 4: of what it logs only what ends it; its faults are returned.
        try Self.check(table, table.create_env(4, "penstock", &environment), "start")
        try Self.check(table, table.create_cpu_memory(0, 0, &memory), "start")
        guard let environment, let memory else { throw Self.refused("start", "no reason given") }
        (self.environment, self.memory) = (environment, memory)
    }

    deinit {
        api.release_memory(memory)
        api.release_env(environment)
    }

    /// Throws what the library says about a call, unless it succeeded.
    func check(_ status: ort_status?, _ action: String) throws(PluginError) {
        try Self.check(api, status, action)
    }

    private static func check(_ api: ort_api, _ status: ort_status?, _ action: String) throws(PluginError) {
        guard let status else { return }
        defer { api.release_status(status) }
        throw refused(action, api.error_message(status).map { String(cString: $0) } ?? "no reason given")
    }

    /// A fault in the library's own words; operators it has none of are told as such.
    private static func refused(_ action: String, _ reason: String) -> PluginError {
        let unknown = ["not a registered function/op", "No Op registered", "Could not find an implementation"]
        guard unknown.contains(where: reason.contains) else {
            return PluginError(
                .badRequest,
                "\(owner): ONNX Runtime refused to \(action): \(PluginError.quoted(reason)). Export the model again, or "
                    + "install another version.")
        }
        return PluginError(
            .unsupported,
            "\(owner): the file has an operator that ONNX Runtime does not have: \(PluginError.quoted(reason)). Export it "
                + "without custom operators, or install a newer version.")
    }
}
