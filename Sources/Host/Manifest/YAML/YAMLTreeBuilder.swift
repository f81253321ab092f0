/// Builds the tree of a manifest from libyaml's events and reports what YAML allows and a manifest does not.
///
/// Refused by design: anchors and aliases (a few lines of them expand to gigabytes), merge keys, tags (types are
/// declared by the options), several documents, keys that are no text, and whatever is beyond the limits.
struct YAMLTreeBuilder {
    /// Most levels of lists and mappings inside each other.
    static let depthLimit = 32
    /// Most scalars, lists and mappings.
    static let nodeLimit = 100_000

    private let source: SourceText
    private let diagnosis: Diagnosis
    private let reader: YAMLEventReader
    private var nodeCount = 0

    /// Reads a checked text to its end and returns its root.
    ///
    /// - Returns: the root, or `nil` for an empty text and where the text cannot be read on; that was reported.
    static func tree(of source: SourceText, reportingTo diagnosis: Diagnosis) -> YAMLNode? {
        do {
            let reader = try YAMLEventReader(source.bytes[source.prefixLength...])
            var builder = YAMLTreeBuilder(source: source, diagnosis: diagnosis, reader: reader)
            return try builder.document()
        } catch let problem as YAMLProblem {
            SyntaxAdvice(source: source, problem: problem).report(to: diagnosis)
        } catch let limit as LimitReached {
            diagnosis.fault(at: limit.span, limit.message, hint: "Check that the path names a manifest.")
        } catch {
            diagnosis.fault(at: .fileStart, "\(error)")
        }
        return nil
    }

    private struct LimitReached: Error {
        let span: SourceSpan
        let message: String
    }

    private init(source: SourceText, diagnosis: Diagnosis, reader: YAMLEventReader) {
        self.source = source
        self.diagnosis = diagnosis
        self.reader = reader
    }

    private mutating func document() throws -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let event = try reader.next()
            switch event.kind {
            case .streamEnd: return root
            case .documentStart where root != nil:
                diagnosis.fault(
                    at: span(event), "a second document starts; allowed one.", hint: "Remove the '---' and merge them.")
                return root
            case .documentStart: root = try node(try reader.next(), depth: 0)
            default: continue
            }
        }
    }

    private mutating func node(_ event: YAMLEvent, depth: Int) throws -> YAMLNode {
        nodeCount += 1
        if nodeCount > Self.nodeLimit {
            throw LimitReached(span: span(event), message: "the file has more than \(Self.nodeLimit) values.")
        }
        switch event.kind {
        case .scalar(let text, let style, let properties):
            refuse(properties, at: event)
            return YAMLNode(span: span(event), content: .scalar(text, style))
        case .sequenceStart(let isFlow, let properties):
            refuse(properties, at: event)
            return try sequence(event, isFlow: isFlow, depth: try deeper(depth, event))
        case .mappingStart(let isFlow, let properties):
            refuse(properties, at: event)
            return try mapping(event, isFlow: isFlow, depth: try deeper(depth, event))
        case .alias(let name):
            diagnosis.fault(
                at: span(event), "alias \(quoted("*" + name)) is used; anchors and aliases are refused by design.",
                hint: "Write the value out.")
            return YAMLNode(span: span(event), content: .refused)
        default:
            return YAMLNode(span: span(event), content: .refused)
        }
    }

    private func deeper(_ depth: Int, _ event: YAMLEvent) throws -> Int {
        guard depth < Self.depthLimit else {
            throw LimitReached(span: span(event), message: "values are nested more than \(Self.depthLimit) deep.")
        }
        return depth + 1
    }

    private mutating func sequence(_ start: YAMLEvent, isFlow: Bool, depth: Int) throws -> YAMLNode {
        var items: [YAMLNode] = []
        while true {
            let event = try reader.next()
            if case .sequenceEnd = event.kind {
                return YAMLNode(span: span(start, to: event), content: .sequence(items, isFlow: isFlow))
            }
            items.append(try node(event, depth: depth))
        }
    }

    private mutating func mapping(_ start: YAMLEvent, isFlow: Bool, depth: Int) throws -> YAMLNode {
        var entries = EntryCollector()
        while true {
            let event = try reader.next()
            if case .mappingEnd = event.kind {
                let mapping = YAMLMapping(
                    entries: entries.entries, isFlow: isFlow, isIncomplete: entries.isIncomplete)
                return YAMLNode(span: span(start, to: event), content: .mapping(mapping))
            }
            let key = try node(event, depth: depth)
            let value = try node(try reader.next(), depth: depth)
            add(key, value, to: &entries)
        }
    }

    private struct EntryCollector {
        var entries: [YAMLMapping.Entry] = []
        var places: [String: SourceSpan] = [:]
        var isIncomplete = false
    }

    private func add(_ key: YAMLNode, _ value: YAMLNode, to collector: inout EntryCollector) {
        guard case .scalar(let name, let style) = key.content else {
            if case .refused = key.content {
            } else {
                diagnosis.fault(at: key.span, "a key is \(key.kindName); allowed a text.", hint: "Write KEY: VALUE.")
            }
            collector.isIncomplete = true
            return
        }
        if name == "<<", style == .plain {
            diagnosis.fault(
                at: key.span, "a merge key ('<<') is used; merge keys are refused by design.",
                hint: "Write the values out.")
            collector.isIncomplete = true
        } else if let first = collector.places[name] {
            let place = diagnosis.place(first)
            diagnosis.fault(
                at: key.span, "the key \(quoted(name)) is there twice; the first is at \(place).",
                hint: "Remove or rename one of them.")
        } else {
            collector.places[name] = key.span
            collector.entries.append(YAMLMapping.Entry(key: name, keySpan: key.span, value: value))
        }
    }

    private func refuse(_ properties: YAMLEvent.NodeProperties, at event: YAMLEvent) {
        if let anchor = properties.anchor {
            diagnosis.fault(
                at: span(event, length: anchor.unicodeScalars.count + 1),
                "anchor \(quoted("&" + anchor)) is set; anchors and aliases are refused by design.",
                hint: "Write the value out where it is needed.")
        }
        if let tag = properties.tag {
            diagnosis.fault(
                at: span(event, length: 1), "the tag \(quoted(tag)) is set; types are declared by the options.",
                hint: "Remove the tag.")
        }
    }

    private func span(_ event: YAMLEvent) -> SourceSpan { span(event, to: event) }

    private func span(_ first: YAMLEvent, to last: YAMLEvent) -> SourceSpan {
        SourceSpan(start: source.mark(atCharacter: first.start), end: source.mark(atCharacter: last.end))
    }

    private func span(_ event: YAMLEvent, length: Int) -> SourceSpan {
        SourceSpan(
            start: source.mark(atCharacter: event.start), end: source.mark(atCharacter: event.start + length))
    }
}
