import PluginKit

/// Reads what `host.plugins` says about plugins that are not compiled in, and has the rest of `host` checked.
struct HostReader {
    /// The load.
    let context: ReadingContext

    /// Returns the settings, without grants that cannot be read, which are reported.
    func checked(_ host: Setting) -> PluginSettings {
        SecurityReader(context: context).check(host)
        for grant in host["plugins"]?["grants"]?.children ?? [] {
            let who = "host: 'plugins.grants.\(quoted(grant.name).dropFirst().dropLast())'"
            checkID(grant, who: who)
            check(grant.setting["network"], who, PluginPermissions.networkRule) { PluginPermissions.isHost($0) }
            check(grant.setting["files"], who, FileRule.grammar) { FileRule($0) != nil }
            check(grant.setting["environment"], who, PluginPermissions.variableRule) {
                PluginPermissions.isVariable($0)
            }
        }
        return Self.settings(host, baseDirectory: context.settings.baseDirectory)
    }

    /// Returns the settings of a manifest in a folder; the defaults where there are none.
    static func settings(_ host: Setting?, baseDirectory: String) -> PluginSettings {
        let plugins = host?["plugins"]
        let resolve = { (path: String) in path.hasPrefix("/") ? path : "\(baseDirectory)/\(path)" }
        let grants = (plugins?["grants"]?.children ?? []).map { ($0.name, permissions($0.setting)) }
        return PluginSettings(
            folder: resolve(plugins?["folder"]?.text ?? "plugins"), baseDirectory: baseDirectory,
            state: resolve(host?["state"]?.text ?? "var"),
            grants: Dictionary(grants, uniquingKeysWith: { first, _ in first }))
    }

    private static func permissions(_ grant: Setting) -> PluginPermissions {
        var permissions = PluginPermissions()
        permissions.network = (grant["network"]?.items ?? []).map(\.text)
        permissions.files = (grant["files"]?.items ?? []).compactMap { FileRule($0.text) }
        permissions.environment = (grant["environment"]?.items ?? []).map(\.text)
        permissions.memory = grant["memory"]?.integer
        permissions.cpu = grant["cpu"]?.duration
        return permissions
    }

    private func checkID(_ grant: Setting.Child, who: String) {
        let parts = grant.name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count != 2 || PluginKind(rawValue: String(parts[0])) == nil || parts[1].isEmpty else { return }
        context.diagnosis.fault(
            at: grant.setting.location ?? .fileStart, "\(who) names no plugin; allowed kind/name, as provider/tokyo.",
            hint: "`penstock plugins list` shows them.")
    }

    private func check(_ list: Setting?, _ who: String, _ rule: String, _ isAllowed: (String) -> Bool) {
        for item in list?.items ?? [] where !isAllowed(item.text) {
            context.diagnosis.fault(at: item.span, "\(who) has \(quoted(item.text)), which \(rule).")
        }
    }
}
