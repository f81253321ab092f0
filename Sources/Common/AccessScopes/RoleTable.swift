/// The roles there are, each a set of scopes: five that the host has, and those of the manifest.
public struct RoleTable: Sendable, Equatable {
    /// The role that has every scope.
    public static let admin = "admin"

    /// The host's own roles, from the one that may least to the one that may most.
    public static let builtin: [(name: String, scopes: Set<Scope>, summary: String)] = [
        ("reader", reading, "reads market data, predictions, states and counters"),
        ("trader", reading.union([.tradingRead, .tradingWrite]), "reads, and trades"),
        ("model_manager", reading.union([.modelsWrite]), "reads, and decides which versions of models serve"),
        (
            "operator",
            reading.union([
                .quarantineRead, .quarantineWrite, .configurationRead, .configurationWrite, .tradingRead,
            ]), "reads, reloads, switches instances, and judges what was refused"
        ),
        (admin, Set(Scope.given), "everything, keys and the log of changes included"),
    ]

    private static let reading: Set<Scope> = [.dataRead, .predictionsRead, .statusRead, .metricsRead]

    private var scopes: [String: Set<Scope>]

    /// Creates the table; a role of the manifest has a name of its own.
    public init(own: [String: Set<Scope>] = [:]) {
        scopes = Dictionary(Self.builtin.map { ($0.name, $0.scopes) }, uniquingKeysWith: { first, _ in first })
        scopes.merge(own) { builtin, _ in builtin }
    }

    /// The names, sorted.
    public var names: [String] { scopes.keys.sorted() }

    /// Returns what a role may; `nil` where there is no such role.
    public subscript(role: String) -> Set<Scope>? { scopes[role] }
}
