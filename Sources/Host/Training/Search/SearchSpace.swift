import Glibc
package import PluginKit
package import PredictionTargets

/// The options that are searched as points of the unit cube: evenly along each option's scale.
package struct SearchSpace: Sendable {
    private let dimensions: [SearchScheme.Dimension]

    /// Creates the space of a scheme.
    package init(_ scheme: SearchScheme) { dimensions = scheme.over }

    /// Options it has.
    package var count: Int { dimensions.count }

    /// How many words an option chooses from; `nil` for a number.
    func choices(_ dimension: Int) -> Int? {
        switch dimensions[dimension].values {
        case .words(let words): words.count
        case .flags: 2
        case .integers, .numbers: nil
        }
    }

    /// Returns the options at a point of the cube, 0..<1 each.
    package func options(at point: [Double]) -> [String: ConfigurationValue] {
        var options: [String: ConfigurationValue] = [:]
        for (dimension, place) in zip(dimensions, point) {
            options[dimension.option] = Self.value(dimension.values, at: place)
        }
        return options
    }

    /// Returns the point at which options lie; `nil` where one is not in the space.
    package func point(of options: [String: ConfigurationValue]) -> [Double]? {
        var point: [Double] = []
        for dimension in dimensions {
            guard let place = Self.place(dimension.values, of: options[dimension.option]) else { return nil }
            point.append(place)
        }
        return point
    }

    /// Reads options from the texts that a card has.
    package func options(from texts: [String: String]) -> [String: ConfigurationValue] {
        var options: [String: ConfigurationValue] = [:]
        for dimension in dimensions {
            guard let text = texts[dimension.option] else { continue }
            options[dimension.option] =
                switch dimension.values {
                case .words: .text(text)
                case .flags: .boolean(text == "true")
                case .numbers: Double(text).map { .number($0) }
                case .integers: Int(text).map { .integer($0) }
                }
        }
        return options
    }

    private static func value(_ values: SearchScheme.Values, at place: Double) -> ConfigurationValue {
        switch values {
        case .words(let words): return .text(words[min(Int(place * Double(words.count)), words.count - 1)])
        case .flags: return .boolean(place >= 0.5)
        case .numbers(let range, let isLog):
            let scale = Scale(range.lowerBound, range.upperBound, isLog)
            return .number(min(max(scale.value(at: place), range.lowerBound), range.upperBound))
        case .integers(let range, let isLog):
            // Each number has the same share of the scale, the ends too.
            let value = Self.scale(range, isLog).value(at: place).rounded()
            return .integer(min(max(Int(value), range.lowerBound), range.upperBound))
        }
    }

    private static func place(_ values: SearchScheme.Values, of value: ConfigurationValue?) -> Double? {
        switch (values, value) {
        case (.words(let words), .text(let word)):
            return words.firstIndex(of: word).map { (Double($0) + 0.5) / Double(words.count) }
        case (.flags, .boolean(let flag)): return flag ? 0.75 : 0.25
        case (.numbers(let range, let isLog), .number(let number)) where range.contains(number):
            return Scale(range.lowerBound, range.upperBound, isLog).place(of: number)
        case (.integers(let range, let isLog), .integer(let number)) where range.contains(number):
            return scale(range, isLog).place(of: Double(number))
        default: return nil
        }
    }

    private static func scale(_ range: ClosedRange<Int>, _ isLog: Bool) -> Scale {
        Scale(Double(range.lowerBound) - 0.5, Double(range.upperBound) + 0.5, isLog)
    }

    /// A stretch of numbers, even by difference or by ratio.
    private struct Scale {
        let low: Double
        let high: Double
        let isLog: Bool

        init(_ low: Double, _ high: Double, _ isLog: Bool) {
            (self.low, self.high) = isLog ? (log(low), log(high)) : (low, high)
            self.isLog = isLog
        }

        func value(at place: Double) -> Double {
            let value = low + (high - low) * place
            return isLog ? exp(value) : value
        }

        func place(of value: Double) -> Double {
            let place = ((isLog ? log(value) : value) - low) / (high - low)
            return min(max(place, 0), 1.0.nextDown)
        }
    }
}

extension [String: ConfigurationValue] {
    /// `learning_rate 0.05, max_depth 3`.
    var text: String { sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.shown)" }.joined(separator: ", ") }
}

extension ConfigurationValue {
    /// As the manifest would have it, every digit of a number.
    var shown: String {
        switch self {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        default: ""
        }
    }
}
