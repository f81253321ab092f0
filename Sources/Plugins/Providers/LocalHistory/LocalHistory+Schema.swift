import DelimitedText
import PluginKit

extension LocalHistory {
    static let schema = ConfigurationSchema([
        .path("path", isRequired: true, "File with all instruments, or folder with one file per instrument."),
        .text(
            "table",
            "Table or view of a SQLite file; by default the one named like the kind (bars, bar), or the only one."),
        .text("query", "In place of table a SELECT, whose columns are read like those of a file."),
        .path(
            "library",
            "libcarquet.so, which reads Parquet files; by default that of the Python package carquet, in an environment "
                + "beside the manifest or the system's."),
        .text(
            "file_pattern",
            "Name of an instrument's files in the folder, with {symbol}, {code}, {venue}, {kind}, {timeframe} and {date}, for all "
                + "kinds that files does not name; by default the usual names, see below."),
        ConfigurationOption(
            "files", .record(files),
            "Names of the files of each kind, as in file_pattern; without {symbol} and {code}, one "
                + "file has several instruments."),
        ConfigurationOption(
            "preset", .choice(HistoryPreset.names),
            "Whose files they are: what is not set below is as they have it, see the table."),
        ConfigurationOption(
            "columns", .record(columns),
            "Which column holds what: its name, or its number from 1; common names are known. Those of other kinds are left alone."
        ),
        ConfigurationOption("header", .boolean, "Whether the first row names the columns; by default true."),
        .choice("encoding", TextEncodingName.all, default: "utf-8", "How the bytes are meant; GBK is part of gb18030."),
        .text("delimiter", "Character between two fields, or the word tab; by default a comma."),
        .text(
            "date_format",
            "How times are written: auto, iso8601, epoch_s, epoch_ms, epoch_us, epoch_ns, excel, ms_of_day or a pattern (yyyy-MM-dd); by "
                + "default auto. Where the name of a file has the {date}, a time of day is enough (HH:mm:ss)."),
        .text(
            "time_zone",
            "IANA name of the zone of local times; default by venue: America/New_York, Asia/Shanghai, Asia/Hong_Kong, "
                + "else UTC."),
        .text(
            "session_close",
            "Local time, HH:MM, at which a bar with only a date ends; default by venue: US 16:00, SH SZ BJ 15:00, "
                + "HK 16:00, else 24:00."),
        ConfigurationOption(
            "time_is", .choice(["end", "start"]),
            "Which end of its span a bar's time marks, by default end; of a week or month its last or first day."),
        ConfigurationOption(
            "number_format", .choice(NumberFormatName.all), "How numbers are written, by a sample; by default 1234.5."),
        ConfigurationOption(
            "number_signs", .boolean,
            "Whether numbers have a currency sign or a suffix K, M, B, T, 万, 亿; by default false."),
        ConfigurationOption(
            "volume_unit", .choice(VolumeUnit.allCases.map(\.rawValue)),
            "What volume and sizes are counted in; by default shares."
        ),
        .integer("lot_size", 1...1_000_000, default: 100, unit: "shares", "Shares in a lot, for volume_unit lots."),
        ConfigurationOption(
            "price_scale", .number(1e-12...1e12),
            "What prices are multiplied by: 0.0001 where 12.34 is 123400; by default 1."),
        ConfigurationOption(
            "amount_unit", .number(1e-12...1e12),
            "What amounts are multiplied by: 1000 where they are in thousands; by default 1."),
        ConfigurationOption(
            "sides", .record(sides),
            "Words for who started a trade, what is neither is unknown; by default buy, B, 买盘 and the like."),
        ConfigurationOption(
            "missing_side", .choice(["none", "last"]),
            "What a quote without a price on one side says of it: nobody quotes there, or it is as in the row before; by "
                + "default none."),
        .choice(
            "same_time", ["first", "last"], default: "first",
            "Which counts of rows of one time that follow each other; the host refuses what comes after the first."),
        .choice(
            "adjust", ["none", "ratio"], default: "none",
            "ratio multiplies prices by adjusted_close / close and divides volume by it."),
        .text(
            "pace", default: "full", "Speed of the stream: full, N times real time (60x), or a span per time step (1s)."
        ),
        .boolean(
            "follow", default: false,
            "Whether rows that are added to the files while the host runs are read; with --once and replay they are not."
        ),
        .choice(
            "order", ["time", "file"], default: "time",
            "Order of the stream: event time, or as rows stand in the files, one file after the other; file is for filling a store."
        ),
        .integer("batch", 1...4_096, default: 1_024, unit: "events", "Events pushed at once, at most."),
    ])

    private static let columns = ConfigurationSchema(HistoryColumn.allCases.map { .text($0.word, $0.summary) })

    private static let files = ConfigurationSchema(
        EventKind.allCases.map { .text($0.rawValue, "Files of \($0.fileWords[1]).") })

    private static let sides = ConfigurationSchema([
        .text("buy", "Word where the buyer took."), .text("sell", "Word where the seller took."),
    ])
}
