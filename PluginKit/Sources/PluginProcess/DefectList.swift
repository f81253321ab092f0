import PluginKit
import StdioProtocol

/// Defects as the protocol carries them.
enum DefectList {
    /// Most bytes of text; a line has 4 MiB, and escapes can double what stands in it.
    private static let limit = 1 << 20

    /// Returns the defects; where there are too many for a line, the last says how many are left out.
    static func json(_ defects: [Defect]) -> JSONValue {
        var shown: [JSONValue] = []
        var size = 0
        for defect in defects {
            let item = json(defect)
            size += 200 + defect.place.utf8.count + defect.message.utf8.count + defect.raw.utf8.count
            guard size <= limit, shown.count < 9_999 else {
                let rest = Defect(
                    instrument: nil, place: defect.place, reason: "more_defects",
                    message: "\(defects.count - shown.count) more defects are left out.", raw: "")
                return .array(shown + [json(rest)])
            }
            shown.append(item)
        }
        return .array(shown)
    }

    private static func json(_ defect: Defect) -> JSONValue {
        var members: [String: JSONValue] = [
            "place": .text(String(defect.place.prefix(500))), "reason": .text(String(defect.reason.prefix(100))),
            "message": .text(String(defect.message.prefix(2_000))), "raw": .text(defect.raw),
        ]
        members["instrument"] = defect.instrument.map { .integer(Int64($0.rawValue)) }
        return .object(members)
    }
}
