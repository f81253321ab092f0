import HTTPFetch
import JSONReading
import PluginKit

/// Rows of one or several replies, their cells by name; newest first, as Tushare has them.
struct TushareTable: Sendable {
    /// Host and path that answered.
    private(set) var place = ""
    private(set) var rows: [Row] = []
    /// Whether the source has more of them.
    private(set) var hasMore = false

    /// The cells of a row.
    struct Row: Sendable {
        fileprivate let places: [String: Int]
        fileprivate let cells: JSONNode

        /// What a cell says as written; `nil` where it is null or there is no such column.
        subscript(name: String) -> String? { places[name].flatMap { cells[$0].scalar } }
    }

    /// Adds the rows of a reply with a good status.
    ///
    /// Throws what Tushare tells as an error (`TushareFault`), `.malformed` where the reply has another shape.
    mutating func add(
        _ response: HTTPResponse, _ owner: String, hiding: (String) -> String
    ) throws(PluginError) {
        let who = "\(owner): the reply of \(response.place)"
        guard !response.isWebPage else {
            throw PluginError(
                .malformed, "\(who) is a web page, not data. Check base_url, and what stands between here and there.")
        }
        let root = try JSONNode(response.body, JSONSubject(who))
        guard let code = root["code"].integer else {
            throw PluginError(.malformed, "\(who) has no 'code'. Check base_url.")
        }
        if code != 0 { throw TushareFault.error(code, hiding(root["msg"].text ?? ""), owner) }
        place = response.place
        let data = root["data"]
        if data.isNull {
            hasMore = false
            return
        }
        guard case .array(let items) = data["items"], case .array(let names) = data["fields"] else {
            throw PluginError(.malformed, "\(who) has no 'fields' and 'items'. Report it if it lasts.")
        }
        let places = Dictionary(names.enumerated().map { ($0.element.text ?? "", $0.offset) }) { first, _ in first }
        rows += items.map { Row(places: places, cells: $0) }
        hasMore = data["has_more"].boolean == true && !items.isEmpty
    }

    /// Returns the rows about one symbol; throws `.malformed` where there are rows and none is about it.
    func rows(of symbol: String, _ owner: String) throws(PluginError) -> [Row] {
        let own = rows.filter { $0["ts_code"] == symbol }
        guard own.isEmpty, let other = rows.first else { return own }
        throw PluginError(
            .malformed,
            "\(owner): the reply of \(place) for \(PluginError.quoted(symbol)) is about "
                + "\(PluginError.quoted(other["ts_code"] ?? "")). Route to another provider, and report it if it lasts."
        )
    }
}

/// What Tushare says where it does not answer; all with status 200.
enum TushareFault {
    /// Returns the fault of a code that is not 0, and its words.
    ///
    /// 40203 is a limit of requests or a lack of points. The words of a limit name points as well, so they are looked for first.
    static func error(_ code: Int64, _ words: String, _ owner: String) -> PluginError {
        let said = "\(owner): Tushare says \(PluginError.quoted(words)) (code \(code))"
        if let wait = wait(words) {
            return PluginError(
                .rateLimited, "\(said); next try in \(wait.components.seconds) s. Ask less often, or for more points.",
                retryAfter: wait)
        }
        if code == 40101 || words.lowercased().contains("token") {
            return PluginError(.auth, "\(said). Set 'token' to that of your account.")
        }
        if code == 40203 || words.contains("权限") || words.contains("积分") {
            return PluginError(.permission, "\(said). The account's points do not cover this table.")
        }
        return PluginError(.badRequest, "\(said). Check the symbol and the range.")
    }

    /// How long a limit lasts by its words; `nil` where they tell of none.
    private static func wait(_ words: String) -> Duration? {
        guard ["最多访问", "频率", "频次"].contains(where: words.contains) else { return nil }
        if words.contains("每小时") { return .seconds(3_600) }
        if words.contains("每天") || words.contains("每日") { return .seconds(86_400) }
        return .seconds(60)
    }
}
