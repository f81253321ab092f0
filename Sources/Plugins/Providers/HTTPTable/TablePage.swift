import DelimitedText
import HTTPFetch
import JSONReading
import PluginKit

/// One reply as rows; made of bytes alone.
struct TablePage {
    /// A row, and its name where rows are members of an object.
    struct Row {
        let key: String
        let node: JSONNode
    }

    /// The rows in the source's order; members of an object in the order of their names.
    let rows: [Row]
    /// Where the next page is, as the source says.
    let next: String?
    /// Host and path.
    let place: String
    private let positions: [String: Int]

    /// Reads a reply with a good status. Throws what the source tells as an error, `.malformed` where it cannot be read.
    init(
        _ response: HTTPResponse, _ options: TableOptions, _ template: TableTemplate, hiding: (String) -> String
    ) throws(PluginError) {
        place = response.place
        let who = "\(options.instance): the reply of \(response.place)"
        guard !response.isWebPage else {
            throw PluginError(
                .malformed, "\(who) is a web page, not data. Open the address in a browser to see what is asked there.")
        }
        let root = try Self.read(response.body, options, who)
        for path in options.errorPaths {
            guard let text = Self.node(path, in: root).scalar, !text.isEmpty else { continue }
            throw Self.fault(hiding(text), options)
        }
        next = options.next.isEmpty ? nil : Self.node(options.next, in: root).scalar.flatMap { $0.isEmpty ? nil : $0 }
        let names = options.names.isEmpty ? [] : Self.node(options.names, in: root).elements.map { $0.text ?? "" }
        positions = Dictionary(names.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
        rows = try Self.rows(Self.node(template.path(options.rows), in: root), options, who)
    }

    /// Returns a cell of a row; `.null` where there is none.
    func cell(_ path: String, of row: Row) -> JSONNode {
        if path == "@key" { return .text(row.key) }
        if let position = positions[path] { return row.node[position] }
        return Self.node(path, in: row.node)
    }

    /// Whether a row names a cell, whatever it holds: a member that is null, or a place within a list.
    func has(_ path: String, _ row: Row) -> Bool {
        if !cell(path, of: row).isNull { return true }
        if row.node.members[path] != nil { return true }
        let position = positions[path] ?? Int(path).map { $0 - 1 }
        return position.map { row.node.elements.indices.contains($0) } ?? false
    }

    /// Walks a path: the member of that very name, else from part to part, numbers counting from 1.
    private static func node(_ path: String, in node: JSONNode) -> JSONNode {
        if path.isEmpty { return node }
        if let member = node.members[path] { return member }
        return path.split(separator: "/").reduce(node) { node, part in
            if case .array = node { return Int(part).map { node[$0 - 1] } ?? .null }
            return node[String(part)]
        }
    }

    private static func read(
        _ body: [UInt8], _ options: TableOptions, _ who: String
    ) throws(PluginError) -> JSONNode {
        // An error may come as JSON where CSV was asked for.
        guard options.isCSV, body.first != UInt8(ascii: "{") else { return try JSONNode(body, JSONSubject(who)) }
        let records: [[String]]
        do throws(TextError) { records = try TextRecords.split(body, delimiter: options.delimiter) } catch {
            throw PluginError(.malformed, "\(who) cannot be read: \(error) Check 'format' and 'delimiter'.")
        }
        let names = records.first ?? []
        return .array(
            records.dropFirst().map { record in
                .object(Dictionary(zip(names, record.map { JSONNode.text($0) })) { first, _ in first })
            })
    }

    private static func rows(_ node: JSONNode, _ options: TableOptions, _ who: String) throws(PluginError) -> [Row] {
        func row(_ key: String, _ node: JSONNode) -> Row {
            guard !options.split.isEmpty, let text = node.text else { return Row(key: key, node: node) }
            let cells = text.split(separator: options.split, omittingEmptySubsequences: false)
            return Row(key: key, node: .array(cells.map { .text(String($0)) }))
        }
        switch node {
        case .null: return []
        case .array(let elements): return elements.enumerated().map { row("\($0.offset + 1)", $0.element) }
        case .object(let members) where members.values.allSatisfy { !$0.members.isEmpty || !$0.elements.isEmpty }:
            return members.sorted { $0.key < $1.key }.map { row($0.key, $0.value) }
        case .object: return [row("1", node)]
        case .boolean, .number, .text:
            throw PluginError(
                .malformed,
                "\(who) has at 'rows' no list of rows and no object. Check the path and the source's documentation.")
        }
    }

    private static func fault(_ text: String, _ options: TableOptions) -> PluginError {
        let folded = text.lowercased()
        let code = options.errorWords.first { $0.words.contains { folded.contains($0) } }?.code ?? .badRequest
        return PluginError(
            code, "\(options.instance): the source says \(PluginError.quoted(text)). Ask as its documentation has it.")
    }
}
