import Builtin
import PluginKit
import TestSupport
import Testing

/// The functions of TA-Lib, as its wheel lists them in `talib.txt`, and what gives each here.
///
/// An indicator says in its comment which functions it is checked against; element-wise functions are formulas.
struct TALibTable {
    private static let formulas = [
        "ADD": "close + open", "SUB": "close - open", "MULT": "close * open", "DIV": "close / open", "LN": "log(close)",
        "ACOS": "acos(close)", "ASIN": "asin(close)", "ATAN": "atan(close)", "CEIL": "ceil(close)", "COS": "cos(close)",
        "COSH": "cosh(close)", "EXP": "exp(close)", "FLOOR": "floor(close)", "LOG10": "log10(close)",
        "SIN": "sin(close)", "SINH": "sinh(close)", "SQRT": "sqrt(close)", "TAN": "tan(close)", "TANH": "tanh(close)",
    ]
    /// Their comments name another reference first.
    private static let others = ["KDJ": "kdj", "RVOL": "volume_ratio"]

    /// Every formula of the table is one.
    @Test func formulasAreAccepted() throws {
        let plugin = try #require(Builtin.plugins.first { $0.descriptor.id == "indicator/expression" })
        for (function, formula) in Self.formulas {
            let configuration = Configuration(instance: "indicator/expression", values: ["expr": .text(formula)])
            #expect(plugin.validate(configuration).isEmpty, "\(function): \(formula)")
        }
    }

    /// The section of the page.
    static func text(_ indicators: [PluginType]) throws -> String {
        var homes = others
        for plugin in indicators {
            let lines = try IndicatorComment(of: plugin).lines
            let checks = lines[(lines.firstIndex { $0.contains("Checked against") } ?? lines.endIndex)...]
            for function in IndicatorComment.words(in: checks.joined(separator: " ")) {
                homes[function] = homes[function] ?? plugin.descriptor.name
            }
        }
        var text = "\n## Functions of TA-Lib\n\nThose of TA-Lib 0.8.1, and what gives each here.\n\n"
        text += "| TA-Lib | Here |\n|---|---|\n"
        let groups = try Repository.text("Tests/Fixtures/Indicators/talib.txt").split(separator: "\n")
        for function in groups.flatMap({ $0.split(separator: ":")[1].split(separator: " ") }).map(String.init) {
            let home = function.hasPrefix("CDL") ? "candle_pattern" : homes[function]
            let here =
                home.map { "[`\($0)`](#\($0))" } ?? formulas[function].map { "`\($0)`, an [`expression`](#expression)" }
            text += "| `\(function)` | \(here ?? "none") |\n"
        }
        return text
    }
}
