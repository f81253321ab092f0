public import PluginKit

extension PluginContext {
    /// Runs the probe of a sink whose server may come later: one that is not there yet is no reason not to start. It is
    /// logged, and the flushes ask again.
    ///
    /// - Throws: what does not pass by itself: credentials, rights, a library that is missing.
    public func allowingLateStart(_ probe: () async throws(PluginError) -> Void) async throws(PluginError) {
        do throws(PluginError) { try await probe() } catch {
            guard error.isTransient else { throw error }
            log(.warning, "is not there yet; what it is to get waits", ["reason": error.message])
        }
    }
}
