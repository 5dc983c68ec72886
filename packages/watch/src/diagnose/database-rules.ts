/** Owns the rules about databases: database/sql, its drivers, and pgx. */
import { of } from './package-pattern.js';
import { amount, byRole, sum, waited, type Rule } from './rule.js';
import { calls, callsLike, doing } from './stack.js';

const ROWS = of(/database\/sql\.\(\*Rows\)\.awaitDone$/, /github\.com\/mattn\/go-sqlite3\.\(\*SQLiteStmt\)\.query\.func\d+$/);

export const rowsOpen: Rule = {
  id: 'sql-rows',
  leak: true,
  matches: (stack) => callsLike(stack, ROWS),
  // A driver may watch the same rows.
  things: byRole,
  sentence: (count, facts) => `${amount(count, 'database result is', 'database results are')} open${waited(count, facts)}: the rows were neither read to the end nor closed.`,
  advice: 'defer rows.Close() after the error check; Rows hold a connection of the pool as a body holds one of HTTP.',
};

export const transactionOpen: Rule = {
  id: 'sql-transaction',
  leak: true,
  matches: (stack) => calls(stack, 'database/sql.(*Tx).awaitDone'),
  sentence: (count, facts) => `${amount(count, 'database transaction is', 'database transactions are')} neither committed nor rolled back${waited(count, facts)}, and ${count === 1 ? 'holds a connection' : 'each holds a connection'}.`,
  advice: 'defer tx.Rollback() after BeginTx: after a Commit it does nothing.',
};

const ACQUIRE = of(/github\.com\/jackc\/(?:pgx\/(?:v\d+\/)?pgxpool\.\(\*Pool\)\.Acquire|puddle(?:\/v\d+)?\.\(\*Pool(?:\[.*\])?\)\.(?:Acquire|acquire))$/);

export const databaseConnection: Rule = {
  id: 'sql-connection',
  leak: true,
  matches: (stack) => doing(stack) === 'database/sql.(*DB).conn' || (callsLike(stack, ACQUIRE) && !callsLike(stack, /\.\(\*Pool\)\.createIdleResources|\.backgroundHealthCheck$/)),
  sentence: (count, facts) => `${amount(count, 'query waits', 'queries wait')} for a database connection${waited(count, facts)}: the pool's limit (SetMaxOpenConns, MaxConns) is reached.`,
  advice: 'Find the Rows or Tx that were not closed.',
};

const OPENER = of(/database\/sql\.\(\*DB\)\.connectionOpener$/, /github\.com\/jackc\/pgx\/(?:v\d+\/)?pgxpool\.\(\*Pool\)\.backgroundHealthCheck$/);
const DB_LOOP = of(/database\/sql\.\(\*DB\)\.connection(?:Opener|Resetter|Cleaner)$/, /github\.com\/jackc\/pgx\/(?:v\d+\/)?pgxpool\.\(\*Pool\)\.(?:backgroundHealthCheck|checkMinConns|triggerHealthCheck)/);

export const databaseOpen: Rule = {
  id: 'sql-database',
  leak: true,
  matches: (stack) => callsLike(stack, DB_LOOP),
  things: (stacks, count) => sum(stacks.filter((stack) => callsLike(stack, OPENER)), count),
  sentence: (count, facts) => `${amount(count, facts.stacks.some((stack) => calls(stack, 'database/sql.(*DB).connectionOpener')) ? 'sql.DB' : 'pgxpool.Pool')} ${count === 1 ? 'is' : 'are'} open${waited(count, facts)}; a program needs one for each database.`,
  advice: 'Call sql.Open (or pgxpool.New) once, when the program starts, and share the result: it is a pool. One that is opened for a task needs defer db.Close().',
};

const DRIVER = of(
  /github\.com\/go-sql-driver\/mysql\.\(\*mysqlConn\)\.startWatcher/,
  /github\.com\/lib\/pq\.\(\*conn\)\.watchCancel/,
  /github\.com\/jackc\/pg(?:x|conn)\/.*ctxwatch\./,
  /github\.com\/(?:denisenkom|microsoft)\/go-mssqldb\.(?:startReading|processSingleResponse|\(\*tokenProcessor\))/,
  /github\.com\/sijms\/go-ora(?:\/v\d+)?\/network\.\(\*Session\)\.(?:StartContext|initRead)/,
  /github\.com\/ClickHouse\/clickhouse-go(?:\/v\d+)?\.\(\*connect\)\./,
);

export const driverConnection: Rule = {
  id: 'sql-driver-connection',
  leak: true,
  matches: (stack) => callsLike(stack, DRIVER),
  sentence: (count, facts) => `${amount(count, 'connection')} of the database driver ${count === 1 ? 'is' : 'are'} open${waited(count, facts)}: each has a goroutine that watches its context.`,
  advice: 'SetMaxOpenConns and SetConnMaxIdleTime bound them. If they grow beyond that, there are several sql.DBs, or rows and transactions that were not closed.',
};

/** Comes after what a query may wait for besides the server. */
export const query: Rule = {
  id: 'sql-query',
  leak: true,
  matches: (stack) => callsLike(stack, /^database\/sql\.\(\*(?:DB|Tx|Stmt|Conn|Rows|Row)\)\./) || callsLike(stack, of(/github\.com\/jackc\/pg(?:x(?:\/v\d+)?(?:\/pgconn)?|conn)\.\(\*(?:Conn|PgConn|baseRows|MultiResultReader|ResultReader)\)\./)),
  sentence: (count, facts) => `${amount(count, 'query waits', 'queries wait')} for the database's answer${waited(count, facts)}.`,
  advice: 'Give each query a context with a deadline (QueryContext, ExecContext), and look at locks and slow queries in the database.',
};
