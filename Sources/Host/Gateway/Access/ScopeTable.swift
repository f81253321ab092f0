import AccessScopes

/// What a request needs, and what the log of changes calls it.
struct RouteNeed: Sendable {
    /// What a caller must be allowed.
    let scope: Scope
    /// What the log calls it; `nil` for what is not logged.
    var action: String?
}

/// Which scope each route needs, and where all of them stand: what is not in it is nobody's but an administrator's.
struct ScopeTable: Sendable {
    private struct Entry {
        let parts: [Substring]
        let placeholders: Int
        var needs: [String: RouteNeed]
    }

    private let exact: [String: [String: RouteNeed]]
    private let patterns: [Entry]

    /// Takes routes: a path, its methods, what it needs.
    init(_ routes: [(path: String, methods: [String], need: RouteNeed)]) {
        var all: [String: [String: RouteNeed]] = [:]
        for route in routes { for method in route.methods { all[route.path, default: [:]][method] = route.need } }
        exact = all.filter { !$0.key.contains("{") }
        patterns = all.filter { $0.key.contains("{") }.map { path, scopes in
            Entry(parts: path.split(separator: "/"), placeholders: path.count { $0 == "{" }, needs: scopes)
        }.sorted { $0.placeholders < $1.placeholders }
    }

    /// Returns the scope of a request; `nil` where no route has its path and method.
    func scope(_ method: String, _ path: String) -> Scope? { need(method, path)?.scope }

    /// Returns what a request needs; `nil` where no route has its path and method.
    func need(_ method: String, _ path: String) -> RouteNeed? {
        if let scopes = exact[path] { return scopes[method] }
        // The router reads `/a/` and `//a` as `/a`: so does this.
        let parts = path.split(separator: "/")
        if let scopes = exact["/" + parts.joined(separator: "/")] { return scopes[method] }
        return patterns.first { entry in
            entry.parts.count == parts.count
                && zip(entry.parts, parts).allSatisfy { $0 == $1 || $0.first == "{" }
        }?.needs[method]
    }
}
