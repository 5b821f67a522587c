//! The shop: eight tables as a real one has them, filled by the server itself.

use oms_core::Result;
use oms_core::mysql::Session;

pub const DATABASE: &str = "shop";

/// Order of creation, which the foreign keys ask for.
const TABLES: &[&str] = &[
    "CREATE TABLE customers (
        id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
        email VARCHAR(120) CHARACTER SET ascii NOT NULL UNIQUE,
        name VARCHAR(80) NOT NULL,
        tier ENUM('basic', 'silver', 'gold') NOT NULL DEFAULT 'basic',
        interests SET('books', 'music', 'garden', 'games') NULL,
        balance DECIMAL(14, 2) NOT NULL DEFAULT 0,
        updated_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
        KEY by_name (name))",
    "CREATE TABLE products (
        id INT AUTO_INCREMENT PRIMARY KEY,
        sku CHAR(12) NOT NULL UNIQUE,
        title VARCHAR(200) NOT NULL,
        price DECIMAL(10, 2) NOT NULL,
        attributes JSON,
        thumbnail BLOB,
        price_with_tax DECIMAL(12, 4) GENERATED ALWAYS AS (price * 1.19) STORED)",
    "CREATE TABLE stock (
        warehouse SMALLINT NOT NULL,
        product INT NOT NULL,
        quantity INT NOT NULL,
        counted DATE,
        PRIMARY KEY (warehouse, product),
        FOREIGN KEY (product) REFERENCES products (id))",
    "CREATE TABLE orders (
        id BIGINT AUTO_INCREMENT PRIMARY KEY,
        customer INT UNSIGNED NOT NULL,
        placed_at DATETIME(3) NOT NULL,
        status ENUM('new', 'paid', 'sent', 'done') NOT NULL DEFAULT 'new',
        total DECIMAL(14, 2) NOT NULL DEFAULT 0,
        note TEXT,
        KEY by_customer (customer, placed_at),
        FOREIGN KEY (customer) REFERENCES customers (id))",
    "CREATE TABLE order_lines (
        order_id BIGINT NOT NULL,
        line SMALLINT NOT NULL,
        product INT NOT NULL,
        quantity INT NOT NULL,
        price DECIMAL(10, 2) NOT NULL,
        PRIMARY KEY (order_id, line),
        KEY by_product (product),
        FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE)",
    "CREATE TABLE payments (
        id BINARY(16) PRIMARY KEY,
        order_id BIGINT NOT NULL,
        amount DECIMAL(14, 2) NOT NULL,
        rate DOUBLE NOT NULL,
        paid_at TIMESTAMP(6) NULL)",
    "CREATE TABLE sessions (
        token VARCHAR(36) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY,
        customer INT UNSIGNED NOT NULL,
        duration TIME(3),
        flags BIT(10) NOT NULL DEFAULT b'0')",
    // Without a key: every row counts, also when two are the same.
    "CREATE TABLE clicks (
        customer INT UNSIGNED,
        page VARCHAR(60) NOT NULL,
        weight FLOAT,
        at DATETIME NOT NULL)",
];

/// Numbers 1 to n as a table for INSERT … SELECT.
fn numbers(n: u32) -> String {
    format!(
        "(WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {n}) SELECT n FROM t) AS numbers"
    )
}

/// Creates the shop and fills it with about 300,000 rows.
pub async fn create(source: &mut Session) -> Result<()> {
    source.execute(format!("CREATE DATABASE {DATABASE}")).await?;
    source.execute(format!("USE {DATABASE}")).await?;
    for table in TABLES {
        source.execute(table).await?;
    }
    source.execute("SET cte_max_recursion_depth = 1000000").await?;
    for (target, rows, select) in [
        (
            "customers (email, name, tier, interests, balance)",
            20_000,
            "CONCAT('c', n, '@example.com'), CONCAT('Zoë ', n, ' 客户'), 1 + n % 3, n % 16, n % 9973 / 7",
        ),
        (
            "products (sku, title, price, attributes, thumbnail)",
            5_000,
            "LPAD(n, 12, '0'), CONCAT('Product ', n), 1 + n % 500 / 3, \
             JSON_OBJECT('size', n % 40, 'tags', JSON_ARRAY('a', CONCAT('é', n)), 'weight', n / 7), \
             RANDOM_BYTES(40 + n % 200)",
        ),
        (
            "stock (warehouse, product, quantity, counted)",
            20_000,
            "1 + (n - 1) DIV 5000, 1 + (n - 1) % 5000, n % 300, IF(n % 9 = 0, NULL, DATE('2026-01-01') + INTERVAL n % 300 DAY)",
        ),
        (
            "orders (customer, placed_at, status, total, note)",
            50_000,
            "1 + n * 7919 % 20000, TIMESTAMP('2026-01-01') + INTERVAL n * 173 SECOND, 1 + n % 4, n % 10000 / 3, \
             IF(n % 5 = 0, REPEAT(CONCAT('note ', n, ' '), 1 + n % 20), NULL)",
        ),
        (
            "order_lines (order_id, line, product, quantity, price)",
            120_000,
            "1 + (n - 1) % 50000, 1 + (n - 1) DIV 50000, 1 + n * 31 % 5000, 1 + n % 9, n % 900 / 7",
        ),
        (
            "payments (id, order_id, amount, rate, paid_at)",
            40_000,
            "UUID_TO_BIN(UUID()), n, n % 10000 / 3, 1 / n, \
             TIMESTAMP('2026-01-01') + INTERVAL n * 173000001 MICROSECOND",
        ),
        ("sessions (token, customer, duration, flags)", 20_000, "UUID(), n, SEC_TO_TIME(n / 3), n % 1024"),
        (
            "clicks (customer, page, weight, at)",
            30_000,
            "n % 500, CONCAT('/page/', n % 40), n % 7 / 3, TIMESTAMP('2026-06-01') + INTERVAL n % 5000 SECOND",
        ),
    ] {
        source.execute(format!("INSERT INTO {target} SELECT {select} FROM {}", numbers(rows))).await?;
    }
    Ok(())
}
