package import PluginKit

/// Keeps how many requests were made today, so that a daily limit holds across restarts.
package protocol RequestCounts: Sendable {
    /// Returns the requests of a provider on a day, in days since 1970-01-01 UTC; 0 where none is known.
    func requests(of provider: String, on day: Int64) async throws(PluginError) -> Int
    /// Stores the requests of a provider on a day; those of days before are forgotten.
    func keep(_ requests: Int, of provider: String, on day: Int64) async throws(PluginError)
}
