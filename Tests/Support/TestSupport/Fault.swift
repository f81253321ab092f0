package import PluginKit

/// Runs a call that must throw and returns what it threw; nil where it threw nothing or something else.
package func fault<Result>(_ body: () async throws -> Result) async -> PluginError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? PluginError
    }
}
