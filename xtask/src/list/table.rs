//! A table in plain text or Markdown.

pub struct Table<const N: usize> {
    head: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub fn new(head: [&'static str; N]) -> Self {
        Self { head, rows: Vec::new() }
    }

    pub fn push(&mut self, row: [String; N]) {
        self.rows.push(row);
    }

    /// Aligned columns.
    pub fn columns(&self) -> String {
        let width = |column: usize| self.rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
        let widths: [usize; N] = std::array::from_fn(|column| width(column).max(self.head[column].len()));
        self.lines(|cells| {
            let cells = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
    }

    /// Returns a Markdown table. The cells are code, except for the head and empty cells.
    pub fn markdown(&self) -> String {
        let line = |cells: [&str; N]| format!("| {} |", cells.join(" | "));
        let code = |cell: &str| if cell == "-" { String::new() } else { format!("`{cell}`") };
        let rule = line(["---"; N]);
        let rows = self.rows.iter().map(|row| row.each_ref().map(|cell| code(cell)));
        let rows = rows.map(|row| line(row.each_ref().map(String::as_str)));
        [line(self.head), rule].into_iter().chain(rows).map(|line| line + "\n").collect()
    }

    fn lines(&self, line: impl Fn([&str; N]) -> String) -> String {
        let rows = self.rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
        std::iter::once(line(self.head)).chain(rows).map(|line| line + "\n").collect()
    }
}
