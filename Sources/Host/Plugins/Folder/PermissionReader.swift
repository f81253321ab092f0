import HostManifest
import PluginKit

/// Reads what a plugin asks to reach.
struct PermissionReader {
    /// The file, as messages name it.
    let name: String

    private static let keys = ["network", "files", "environment", "memory", "cpu"]

    /// Returns what is under `permissions`; nothing where the key is absent.
    func permissions(_ fields: inout PluginFields) -> PluginPermissions {
        guard var inner = fields.nested("permissions", known: Self.keys) else { return PluginPermissions() }
        defer { fields.adopt(inner) }
        var asked = PluginPermissions()
        asked.network = checked("network", &inner, PluginPermissions.networkRule) {
            PluginPermissions.isHost($0) ? $0 : nil
        }
        asked.files = checked("files", &inner, FileRule.grammar) { FileRule($0) }
        asked.environment = checked("environment", &inner, PluginPermissions.variableRule) {
            PluginPermissions.isVariable($0) ? $0 : nil
        }
        asked.memory = value("memory", &inner, "16...1048576 MiB") { text in
            OptionText.integer(text).flatMap { PluginPermissions.memoryRange.contains($0) ? $0 : nil }
        }
        asked.cpu = value("cpu", &inner, "a duration such as 1h") { text in
            DurationText.parse(text).flatMap { PluginPermissions.cpuRange.contains($0) ? $0 : nil }
        }
        return asked
    }

    private func checked<Item>(
        _ key: String, _ inner: inout PluginFields, _ allowed: String, _ read: (String) -> Item?
    ) -> [Item] {
        (inner.list(key, limit: 100) ?? []).compactMap { text in
            if let item = read(text) { return item }
            inner.fault(key, "'\(key)' has \(PluginError.quoted(text)), which \(allowed).")
            return nil
        }
    }

    private func value<Value>(
        _ key: String, _ inner: inout PluginFields, _ allowed: String, _ read: (String) -> Value?
    ) -> Value? {
        guard inner.has(key), let text = inner.text(key, limit: 32) else { return nil }
        if let value = read(text) { return value }
        inner.fault(key, "'\(key)' is \(PluginError.quoted(text)); allowed \(allowed).")
        return nil
    }
}
