import DelimitedText
import HTTPFetch
import PluginKit

extension HTTPTable {
    static let schema = ConfigurationSchema(
        [
            .text(
                "url", isRequired: true,
                "Address with {symbol}, {code}, {venue}, {timeframe}, {from}, {to}, {page}, {secret} where the source wants them."
            ),
            .choice(
                "kind", ["bar", "trade", "quote", "figure", "factor"], default: "bar",
                "What a row is: one kind an instance."),
            .secret("secret", "Key of the account, for {secret} in url, headers and body."),
            ConfigurationOption("headers", .map(.text), "Headers of requests; {secret} is allowed in their values."),
            .choice("method", ["get", "post"], default: "get", "How it is asked."),
            .text("body", "Body of a POST, with the same words in braces as url; sent as application/json."),
            .choice(
                "format", ["json", "csv"], default: "json",
                "What it answers with; of CSV the first record names the columns."),
            .text("delimiter", "Character between two fields of CSV; by default a comma."),
            .text(
                "rows",
                "Path to the rows, names with / between them; rows may be a list or an object. By default all there is."
            ),
            .text("names", "Path to a list with the names of the cells, where rows are lists."),
            .text("split", "What the text of a row is split at, where rows are texts."),
            ConfigurationOption(
                "columns", .record(columns),
                "Where in a row what stands: a name, a path with /, a number from 1, or @key for the name of the row itself; by default its own "
                    + "word."),
            ConfigurationOption(
                "figures", .map(.text), "For kind figure: the name of each figure, and where it stands."),
            ConfigurationOption(
                "sides", .record(sides),
                "Words for who started a trade, what is neither is unknown; by default buy and sell."),
            .text(
                "time_format",
                "How times are written: auto, iso8601, epoch_s, epoch_ms, epoch_us, epoch_ns or a pattern (yyyy-MM-dd); by default auto."
            ),
            .text("time_zone", "IANA name of the zone of local times; by default the venue's."),
            .text("session_close", "Local time, HH:MM, at which a bar with only a date ends; by default the venue's."),
            .choice("time_is", ["end", "start"], default: "end", "Which end of its span a bar's time marks."),
            .choice(
                "url_time", ["date", "compact_date", "iso8601", "epoch_s", "epoch_ms"], default: "date",
                "How {from} and {to} are written: 2013-03-01, 20130301, 2013-03-01T00:00:00Z, or a count since 1970."),
            .text("since", default: "1990-01-01", "Date from which on all there is is asked for."),
            .choice(
                "volume_unit", VolumeUnit.allCases.map(\.rawValue), default: "shares",
                "What volume and sizes are counted in."),
            .integer("lot_size", 1...1_000_000, default: 100, unit: "shares", "Shares in a lot, for volume_unit lots."),
            .number("price_scale", 1e-12...1e12, default: 1, "What prices are multiplied by."),
            .number("amount_unit", 1e-12...1e12, default: 1, "What amounts are multiplied by."),
            .text("symbol", default: "{code}", "What {symbol} is, of {code} and {venue}."),
            .choice(
                "symbol_case", ["as_is", "lower", "upper"], default: "as_is", "Case of {symbol}, {code} and {venue}."),
            ConfigurationOption("symbols", .map(.text), "What {symbol} is for single instruments: AAPL.US: apple."),
            ConfigurationOption("venues", .map(.text), "What {venue} is for single venues: SH: SS."),
            ConfigurationOption(
                "timeframes", .map(.text), "What {timeframe} is: 1d: day; where it is set, others are refused."),
            .text("next", "Path to where the next page is: a URL, or a text for next_parameter."),
            .text("next_parameter", "Name of the query item that takes what is at next."),
            ConfigurationOption(
                "first_page", .integer(0...1), "Number of the first page, where pages are counted by {page} in url."),
            .integer(
                "max_pages", 1...10_000, default: 100, "Pages asked for at most; a defect says so where there are more."
            ),
            ConfigurationOption(
                "error_at", .list(.text, 0...16), "Paths at which a reply with status 200 tells an error."),
            ConfigurationOption(
                "errors", .record(errors),
                "Words in such an error, in any case, that tell what it is; else bad_request."),
            .integer("requests_at_once", 1...16, default: 4, "Instruments asked for at one time."),
        ] + HTTPOptions.schema(timeout: .seconds(15)))

    private static let columns = ConfigurationSchema([
        .text("time", "Time of the event; of a figure, when it was published; none for quotes without one."),
        .text("open", "First price."),
        .text("high", "Highest price."),
        .text("low", "Lowest price."),
        .text("close", "Last price."),
        .text("volume", "Traded quantity; none where there is none, volume is 0 then."),
        .text("amount", "Traded value; left out where it is not there."),
        .text("price", "Price of a trade."),
        .text("size", "Quantity of a trade."),
        .text("side", "Who started a trade, see sides."),
        .text("bid", "Best bid."),
        .text("bid_size", "Quantity at the bid."),
        .text("ask", "Best ask."),
        .text("ask_size", "Quantity at the ask."),
        .text("period_end", "End of the period a figure is about; without it, when it was published."),
        .text("ratio", "Shares after a split for one before; without it 1."),
        .text("cash", "Cash for one share; without it 0."),
    ])

    private static let sides = ConfigurationSchema([
        .text("buy", "Word where the buyer took."), .text("sell", "Word where the seller took."),
    ])

    private static let errors = ConfigurationSchema(
        TableOptions.errorCodes.map { code in
            ConfigurationOption(
                code.description, .list(.text, 0...16), "Words of an error of the class \(code.description).")
        })
}
