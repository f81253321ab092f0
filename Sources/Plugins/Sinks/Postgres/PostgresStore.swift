import CallQueue
import PluginKit

/// What a server is told: connects when there is something to do, makes what is missing, stores chunks in one transaction.
///
/// After a fault the connection is closed and all that was known of the tables forgotten: the next call begins anew.
struct PostgresStore {
    private let settings: PostgresSettings
    private let layouts: [RecordKind: RecordLayout]
    private var library: PostgresLibrary?
    private var connection: PostgresConnection?
    /// Columns of further numbers of the tables that are known.
    private var further: [RecordKind: [String]] = [:]
    private var months: [RecordKind: Set<Int>] = [:]
    /// How many flushes of a kind are still merged, since rows came that were there.
    private var merges: [RecordKind: Int] = [:]

    /// Flushes that are merged after one that had to be.
    private static let mergesInARow = 16
    /// The state of a row whose key is there already.
    private static let isThere = "23505"

    init(_ settings: PostgresSettings, _ layouts: [RecordKind: RecordLayout]) {
        self.settings = settings
        self.layouts = layouts
    }

    /// Closes the connection.
    mutating func close() {
        connection = nil
        further = [:]
        months = [:]
    }

    /// Connects and makes the schema where it is missing.
    mutating func prepare(_ limit: CallLimit) throws(PluginError) {
        _ = try connected(limit)
    }

    /// Whether no table has a row.
    mutating func isEmpty(_ limit: CallLimit) throws(PluginError) -> Bool {
        let connection = try connected(limit)
        for kind in RecordKind.allCases {
            guard let layout = layouts[kind], try !connection.run(layout.survey, limit).isEmpty else { continue }
            if try !connection.run("SELECT 1 FROM \(layout.table) LIMIT 1", limit).isEmpty { return false }
        }
        return true
    }

    /// Stores all chunks, or none.
    mutating func store(_ chunks: [CopyChunk], _ limit: CallLimit) throws(PluginError) {
        do throws(PluginError) {
            let connection = try connected(limit)
            try connection.run("BEGIN", limit)
            for kind in RecordKind.allCases {
                let own = chunks.filter { $0.kind == kind }
                if let layout = layouts[kind], !own.isEmpty { try store(own, layout, connection, limit) }
            }
            try connection.run("COMMIT", limit)
        } catch {
            close()
            throw error
        }
    }

    private mutating func store(
        _ chunks: [CopyChunk], _ layout: RecordLayout, _ connection: PostgresConnection, _ limit: CallLimit
    ) throws(PluginError) {
        try makeTable(layout, chunks, connection, limit)
        if try isNew(chunks, layout, connection, limit) { return }
        try copy(chunks, layout, into: layout.stage, connection, limit)
        try connection.run(layout.merging(further[layout.kind] ?? []), limit)
    }

    /// Copies straight into the table; returns whether that was all: `false`, and nothing stored, where a row is there already.
    private mutating func isNew(
        _ chunks: [CopyChunk], _ layout: RecordLayout, _ connection: PostgresConnection, _ limit: CallLimit
    ) throws(PluginError) -> Bool {
        if let left = merges[layout.kind], left > 0 {
            merges[layout.kind] = left - 1
            return false
        }
        try connection.run("SAVEPOINT copying", limit)
        do throws(PluginError) {
            try copy(chunks, layout, into: layout.table, connection, limit)
        } catch {
            guard connection.lastState == Self.isThere else { throw error }
            try connection.run("ROLLBACK TO SAVEPOINT copying", limit)
            merges[layout.kind] = Self.mergesInARow
            return false
        }
        try connection.run("RELEASE SAVEPOINT copying", limit)
        return true
    }

    private func copy(
        _ chunks: [CopyChunk], _ layout: RecordLayout, into target: String, _ connection: PostgresConnection,
        _ limit: CallLimit
    ) throws(PluginError) {
        var rest = chunks[...]
        while let first = rest.first {
            let alike = rest.prefix { $0.further == first.further }
            let pieces = [CopyChunk.head] + alike.map(\.bytes) + [CopyChunk.end]
            try connection.copy(layout.copying(first.further, into: target), pieces, limit)
            rest = rest.dropFirst(alike.count)
        }
    }

    // MARK: Tables

    private mutating func makeTable(
        _ layout: RecordLayout, _ chunks: [CopyChunk], _ connection: PostgresConnection, _ limit: CallLimit
    ) throws(PluginError) {
        let before = further[layout.kind]
        var known = before ?? []
        if before == nil { known = try survey(layout, connection, limit) }
        var missing: [String] = []
        for name in chunks.flatMap(\.further) where !known.contains(name) && !missing.contains(name) {
            missing.append(name)
        }
        if !missing.isEmpty {
            try check(missing, beside: known.count, layout)
            try connection.run(layout.addition(missing), limit)
            known += missing
        }
        if before == nil || !missing.isEmpty { try connection.run(layout.staging, limit) }
        further[layout.kind] = known
        for month in chunks.reduce(into: Set<Int>(), { $0.formUnion($1.months) }).subtracting(months[layout.kind] ?? [])
            .sorted()
        {
            try connection.run(layout.partition(ofMonth: month), limit)
            months[layout.kind, default: []].insert(month)
        }
    }

    /// Returns the columns of further numbers that the table has; makes it where it is missing.
    private func survey(
        _ layout: RecordLayout, _ connection: PostgresConnection, _ limit: CallLimit
    ) throws(PluginError) -> [String] {
        let found = try connection.run(layout.survey, limit)
        guard let kind = found.first?[2] else {
            try connection.run(layout.creation(partitioned: settings.isPartitioned), limit)
            return []
        }
        guard (kind == "p") == settings.isPartitioned else {
            throw settings.faults.error(
                .configuration, "has \(layout.table) \(kind == "p" ? "in parts by month" : "in one part")",
                "Set 'partition' to \(kind == "p" ? "month" : "none"), or another 'schema'.")
        }
        let types = Dictionary(found.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
        if let odd = layout.columns.first(where: { types[$0.name] != $0.type }) {
            throw settings.faults.error(
                .configuration,
                "has \(layout.table) with \(types[odd.name].map { "'\(odd.name)' as \($0)" } ?? "no '\(odd.name)'"); needed is \(odd.type)",
                "It is another program's or an earlier version's: set another 'schema'.")
        }
        let fixed = Set(layout.columns.map(\.name))
        return found.map { $0[0] }.filter { !fixed.contains($0) }
    }

    private func check(_ missing: [String], beside known: Int, _ layout: RecordLayout) throws(PluginError) {
        if let long = missing.first(where: { $0.utf8.count > RecordLayout.longestName }) {
            throw settings.faults.error(
                .configuration,
                "has no column as long as \(PluginError.quoted(long)); allowed are \(RecordLayout.longestName) bytes",
                "Give the indicator or output a shorter name.")
        }
        guard known + missing.count > RecordLayout.mostFurther else { return }
        throw settings.faults.error(
            .configuration,
            "would have \(known + missing.count) columns of \(layout.kind.rawValue); allowed are \(RecordLayout.mostFurther)",
            "Set another 'schema' for some of the pipelines.")
    }

    // MARK: Connection

    private mutating func opened() throws(PluginError) -> PostgresLibrary {
        if let library { return library }
        let opened = try PostgresLibrary(owner: settings.faults.who, path: settings.library)
        library = opened
        return opened
    }

    private mutating func connected(_ limit: CallLimit) throws(PluginError) -> PostgresConnection {
        if let connection { return connection }
        let library = try opened()
        let made = try PostgresConnection(library, settings.parameters, settings.faults, limit)
        guard made.setting("server_encoding") == "UTF8" else {
            throw settings.faults.error(
                .configuration,
                "has a database of \(made.setting("server_encoding") ?? "another encoding"); needed is UTF8",
                "Run `createdb --encoding UTF8 --template template0` there and set 'database' to it.")
        }
        try made.run("SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET work_mem = '32MB'", limit)
        let schema = RecordLayout.quoted(settings.faults.schema)
        if try made.run("SELECT to_regnamespace(\(RecordLayout.literal(schema)))", limit) == [[""]] {
            try made.run("CREATE SCHEMA \(schema)", limit)
        }
        connection = made
        return made
    }
}
