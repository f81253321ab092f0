import HTTPFetch
import PluginKit

/// Which page comes next: the one the source names, or the next number until a page is empty.
struct TablePaging {
    private let options: TableOptions
    /// Where the source says that it goes on; `nil` on the first page.
    private var mark: String?
    /// Number of the page, where pages are counted.
    private(set) var page: Int?
    /// Pages taken.
    private(set) var count = 0
    private(set) var hasNext = false
    /// Whether the source has more pages than are asked for.
    private(set) var isCut = false

    init(_ options: TableOptions) {
        self.options = options
        page = options.firstPage
    }

    /// Takes note of a page.
    mutating func turn(_ taken: TablePage) {
        count += 1
        if !options.next.isEmpty {
            hasNext = taken.next != nil && taken.next != mark
            mark = taken.next
        } else if let number = page {
            hasNext = !taken.rows.isEmpty
            page = number + 1
        } else {
            hasNext = false
        }
        isCut = hasNext && count >= options.maximumPages
        if isCut { hasNext = false }
    }

    /// Returns the address of the page to ask for; throws `.malformed` where the source sends elsewhere.
    func address(after first: HTTPAddress) throws(PluginError) -> HTTPAddress {
        guard let mark else { return first }
        guard options.nextParameter.isEmpty else { return first.query([(options.nextParameter, mark)]) }
        let text = mark.hasPrefix("/") ? "\(first.scheme)://\(first.authority)\(mark)" : mark
        guard let next = HTTPAddress(text), next.hasSameOrigin(as: first) else {
            throw PluginError(
                .malformed,
                "\(options.instance): the next page is said to be at another host or at what is no URL. Check 'next'.")
        }
        return next
    }
}
