import Foundation
import PluginKit
import TestSupport
import Testing

/// Features and labels from the bars of IBM that the repository ships, as `Tests/Fixtures/Models/make_golden.py` makes them.
enum RecordedSet {
    static let features = ["return1", "return5", "return20", "volume_ratio"]

    /// Rows 20 ... 419 with the next day's return, or whether it is above 0.
    static func training(isDirection: Bool = false) throws -> TrainingSet {
        let table = try Table()
        let rows = Array(20..<420)
        let labels = rows.map { table.closes[$0 + 1] / table.closes[$0] - 1 }
        return trainingSet(
            features, rows.flatMap { table.features($0) }, isDirection ? labels.map { $0 > 0 ? 1 : 0 } : labels)
    }

    /// The rows the reference values are for.
    static func probes() throws -> [Double] {
        let table = try Table()
        return stride(from: 420, to: 620, by: 10).flatMap { table.features($0) }
    }

    private struct Table {
        let closes: [Double]
        let volumes: [Double]

        init() throws {
            let lines = try String(contentsOfFile: "\(Repository.history)/IBM.csv", encoding: .utf8).split(
                separator: "\n")
            let cells = lines[1...700].map { $0.split(separator: ",").map { Double($0) ?? .nan } }
            closes = cells.map { $0[4] }
            volumes = cells.map { $0[5] }
        }

        func features(_ t: Int) -> [Double] {
            let change = { closes[t] / closes[t - $0] - 1 }
            return [change(1), change(5), change(20), volumes[t] / (volumes[t - 19...t].reduce(0, +) / 20)]
        }
    }
}

/// Reference values of `Tests/Fixtures/Models`; `metadata.json` there says where they come from.
struct ModelGolden: Sendable, CustomTestStringConvertible {
    let plugin: String
    let testDescription: String
    let isDirection: Bool
    let values: [Double]
    private let texts: [(name: String, value: String)]

    static func all(of plugin: String) -> [ModelGolden] {
        let lines = (try? Repository.text("Tests/Fixtures/Models/golden.csv").split(separator: "\n")) ?? []
        return lines.map { ModelGolden($0) }.filter { $0.plugin == plugin }
    }

    private init(_ line: Substring) {
        let cells = line.split(separator: ",").map(String.init)
        let parts = cells[0].split(separator: "?")
        plugin = String(parts[0])
        testDescription = cells[0]
        isDirection = cells[1] == "direction"
        values = cells[2...].map { Double($0) ?? .nan }
        texts = parts[1].split(separator: "&").map { pair in
            let sides = pair.split(separator: "=").map(String.init)
            return (sides[0], sides[1])
        }
    }

    /// The options of the line, read as the schema says.
    func options(_ schema: ConfigurationSchema) throws -> [String: ConfigurationValue] {
        var values: [String: ConfigurationValue] = [:]
        for (name, text) in texts {
            let option = try #require(schema[name])
            switch option.type {
            case .integer: values[name] = .integer(try #require(Int(text)))
            case .number, .ratio: values[name] = .number(try #require(Double(text)))
            case .boolean: values[name] = .boolean(text == "true")
            default: values[name] = .text(text)
            }
        }
        return values
    }

    /// Expects values that differ from the reference by at most 1e-6 of its largest.
    func expect(_ found: [Double], tolerance: Double = 1e-6) {
        #expect(found.count == values.count)
        let scale = values.map(\.magnitude).max() ?? 0
        for (value, golden) in zip(found, values) {
            #expect(abs(value - golden) <= tolerance * scale, "\(value) for \(golden) of \(testDescription)")
        }
    }
}
