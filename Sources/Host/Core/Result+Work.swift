package import PluginKit

extension Result where Failure == PluginError {
    /// Runs what can fail and keeps what became of it.
    package init(_ work: () async throws(PluginError) -> Success) async {
        do throws(PluginError) {
            self = .success(try await work())
        } catch {
            self = .failure(error)
        }
    }

    /// The fault, where it failed.
    package var fault: PluginError? {
        guard case .failure(let fault) = self else { return nil }
        return fault
    }
}
