import JSONWriting

extension Parameter {
    /// Writes the parameter as OpenAPI has it; `place` is `path` or `query`.
    func write(in place: String, to json: inout JSONText) {
        json.object { json in
            json.field("name", name)
            json.field("in", place)
            json.field("required", standard == nil)
            json.field("description", "\(type.allowed)" + (standard.map { "; without it: \($0)" } ?? ""))
            if place == "query", type.isList {
                json.field("style", "form")
                json.field("explode", false)
            }
            if let example = type.example {
                json.key("example")
                if place == "query", type.isList { json.array { $0.value(example) } } else { json.value(example) }
            }
            json.key("schema")
            json.object { json in place == "path" ? type.writeOne(to: &json) : type.write(to: &json) }
        }
    }
}

extension ParameterType {
    /// A value that an ordinary host knows; `nil` where that depends on its manifest.
    fileprivate var example: String? {
        switch self {
        case .symbols: "AAPL"
        case .timeframe: "1d"
        case .time, .day: "2012-05-31"
        case .word(let words): words.first
        case .names, .numbers, .words, .count, .id, .cursor: nil
        }
    }

    /// Whether it holds several values between commas.
    fileprivate var isList: Bool {
        switch self {
        case .symbols(let most), .names(let most), .numbers(let most): most > 1
        case .words: true
        case .word, .count, .timeframe, .time, .day, .id, .cursor: false
        }
    }

    fileprivate func write(to json: inout JSONText) {
        switch self {
        case .symbols(let most) where most > 1, .names(let most) where most > 1, .numbers(let most) where most > 1:
            json.field("type", "array")
            json.field("minItems", 1)
            json.field("maxItems", most)
            json.key("items")
            json.object { writeOne(to: &$0) }
        case .words:
            json.field("type", "array")
            json.field("minItems", 1)
            json.key("items")
            json.object { writeOne(to: &$0) }
        default: writeOne(to: &json)
        }
    }

    /// Writes the members of the schema of one value.
    fileprivate func writeOne(to json: inout JSONText) {
        switch self {
        case .numbers: json.field("type", "integer")
        case .count(let range):
            json.field("type", "integer")
            json.field("minimum", range.lowerBound)
            json.field("maximum", range.upperBound)
        case .word(let words), .words(let words):
            json.field("type", "string")
            json.field("enum", words)
        case .symbols, .names: write(pattern: "^[^,/?#]*[^ ,/?#][^,/?#]*$", to: &json)
        case .timeframe: write(pattern: "^0*([1-9][0-9]{0,3}|10000)(s|m|h|d|w|mo)$", to: &json)
        case .id: write(pattern: "^.+$", to: &json)
        case .cursor: write(pattern: "^[0-9a-f]{32}$", to: &json)
        case .day:
            json.field("type", "string")
            json.field("format", "date")
        case .time:
            json.key("anyOf")
            json.array { json in
                for format in ["date", "date-time"] {
                    json.object { json in
                        json.field("type", "string")
                        json.field("format", format)
                    }
                }
            }
        }
    }

    private func write(pattern: String, to json: inout JSONText) {
        json.field("type", "string")
        json.field("pattern", pattern)
    }
}
