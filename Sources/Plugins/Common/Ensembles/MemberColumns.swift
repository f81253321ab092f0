/// Which columns of a set are predictions of members, and which stand beside them.
public struct MemberColumns: Sendable, Equatable {
    /// Positions of the members.
    public let members: [Int]
    /// Positions of the others.
    public let context: [Int]

    /// Takes the names of the columns.
    public init(_ names: [String]) {
        let members = names.indices.filter { names[$0].hasPrefix("model/") }
        self.members = members.isEmpty ? Array(names.indices) : members
        context = members.isEmpty ? [] : names.indices.filter { !names[$0].hasPrefix("model/") }
    }

    /// How many columns there are.
    public var width: Int { members.count + context.count }
}
