/// Where a pipeline's data comes from: one entry of the key `routes`.
package struct RouteDeclaration: Sendable {
    /// The route's id.
    package let id: String
    /// The enabled providers in order of preference: one; none where all are disabled and no pipeline uses the route.
    package let providers: [String]
    /// How old data may be to be accepted; `nil` for any age.
    package let maxAge: Duration?
    /// How many times the close before a close may be, and the other way round.
    package let maxJump: Double
    /// How often a provider that does not push is asked for what is new; `nil` for what the timeframe suggests.
    package let poll: Duration?
    /// How long nothing new may come; `nil` for what the timeframe suggests.
    package let silence: Duration?
    /// The id's key in the file.
    package let location: SourceSpan
}
