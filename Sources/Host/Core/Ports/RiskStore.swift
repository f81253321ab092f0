package import PluginKit

/// Keeps what a risk service must not forget: alerts, their changes, who was told of them, limits, positions, the account.
/// Implemented by storage.
package protocol RiskStore: Sendable {
    /// Stores changes of alerts, all or none.
    func keep(_ changes: [AlertChange]) async throws(PluginError)
    /// Returns alerts, the newest first; of one state where it is named.
    func alerts(_ state: [AlertState], limit: Int) async throws(PluginError) -> [RiskAlert]
    /// The greatest numbers given to an alert and to a change.
    func lastNumbers() async throws(PluginError) -> (alert: Int64, change: Int64)
    /// Returns changes after a number that are to be told, in order.
    func changes(after number: Int64, limit: Int) async throws(PluginError) -> [AlertChange]
    /// The last change a sink was told of; one it never heard of begins with what comes now.
    func told(_ sink: String) async throws(PluginError) -> Int64
    /// Notes the last change a sink was told of.
    func note(_ sink: String, told number: Int64) async throws(PluginError)
    /// Returns the version of limits, a new one where they differ from the last.
    func version(ofLimits text: String) async throws(PluginError) -> Int
    /// Returns a kept text.
    func riskText(_ name: String) async throws(PluginError) -> String?
    /// Keeps a text.
    func keep(riskText: String, as name: String) async throws(PluginError)
    /// Notes a fill; `false` where it was noted before.
    func note(fill id: String) async throws(PluginError) -> Bool
}
