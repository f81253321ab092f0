@testable import HostGateway

/// Judges JSON by a shape; a member that is not declared is a fault too.
enum ShapeCheck {
    /// Returns what does not fit, each with its place.
    static func faults(_ value: JSONValue?, _ shape: Shape, at place: String = "$") -> [String] {
        guard let value else { return ["\(place) is not there"] }
        switch (shape, value) {
        case (.any, _), (.text, .text), (.flag, .flag), (.number, .number), (.number, .null), (.maybe, .null): return []
        case (.word(let words), .text(let text)) where words.contains(text): return []
        case (.time, .text(let text)) where text.hasSuffix("Z") && text.contains("T"): return []
        case (.whole, .number(let number)) where number == number.rounded(): return []
        case (.list(let element), .array(let values)):
            return values.enumerated().flatMap { faults($1, element, at: "\(place)[\($0)]") }
        case (.map(let element), .object(let values)):
            return values.flatMap { faults($1, element, at: "\(place).\($0)") }
        case (.named(_, let inner), _), (.maybe(let inner), _): return faults(value, inner, at: place)
        case (.record(let members), .object(let values)): return faults(values, members, at: place)
        default: return ["\(place) is \(value), which is no \(shape)"]
        }
    }

    private static func faults(
        _ values: [String: JSONValue], _ members: [Shape.Member], at place: String
    ) -> [String] {
        let known = Set(members.map(\.name))
        let undeclared = values.keys.filter { !known.contains($0) }.map { "\(place).\($0) is not declared" }
        return undeclared
            + members.flatMap { member -> [String] in
                if member.isOptional, values[member.name] == nil { return [] }
                return faults(values[member.name], member.shape, at: "\(place).\(member.name)")
            }
    }
}
