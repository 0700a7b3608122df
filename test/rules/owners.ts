/** Alerts carry the owner of the clusters that they are about. */
import { failing } from './polls.ts';
import { during, firesAllTheTime, onlyThese, query, turns, type Values, type World } from './world.ts';

const overdue: Values = { destination_last_success_timestamp_seconds: -30 * 3600 };
const limited = failing('rate_limited', 5);
const denied = failing('forbidden', 5);

export const ownerWorlds: readonly World[] = [
  {
    name: 'a page carries the owner of its cluster, also while the exporter is gone, and starts again for another owner',
    minutes: 150,
    exporters: [{ down: during(40, 70) }, { instance: 'b', down: during(0, 100) }],
    clusters: [
      { name: 'orders', owner: 'payments', absent: during(100), metrics: overdue },
      { name: 'orders', owner: 'finance', instance: 'b', metrics: overdue },
      { name: 'users', owner: 'finance', absent: during(100), metrics: overdue },
      { name: 'users', owner: 'payments', instance: 'b', metrics: overdue },
      { name: 'freed', owner: 'payments', absent: during(100), metrics: overdue },
      { name: 'freed', instance: 'b', metrics: overdue },
      { name: 'unowned', metrics: overdue },
    ],
    checks: [
      firesAllTheTime('Overdue', 16, 99, 'owner="payments"', 2),
      firesAllTheTime('Overdue', 116, 150, 'owner="finance",cluster_name="orders"'),
      firesAllTheTime('Overdue', 116, 150, 'owner="payments",cluster_name="users"'),
      firesAllTheTime('Overdue', 116, 150, 'owner="",cluster_name="freed"'),
      query(150, 'count(ALERTS{alertstate="firing"})', ['{}', 4]),
      firesAllTheTime('Overdue', 16, 150, 'owner="",cluster_name="unowned"'),
    ],
  },
  {
    name: 'if two exporters disagree about the owner, the owner that was known stays',
    minutes: 80,
    exporters: [{}, { instance: 'b' }, { instance: 'c' }],
    clusters: [
      { name: 'orders', owner: 'payments', metrics: overdue },
      { name: 'orders', owner: 'accounts', instance: 'b', absent: during(0, 30), metrics: overdue },
      { name: 'orders', instance: 'c', metrics: overdue },
      { name: 'users', owner: 'accounts', metrics: overdue },
      { name: 'users', owner: 'payments', instance: 'b', absent: during(0, 30), metrics: overdue },
      { name: 'carts', owner: 'payments', absent: during(0, 4), metrics: overdue },
      { name: 'carts', owner: 'accounts', instance: 'b', absent: during(10, 30), metrics: overdue },
    ],
    checks: [
      firesAllTheTime('Overdue', 26, 80, 'owner="payments",cluster_name="carts"'),
      firesAllTheTime('Overdue', 16, 80, 'owner="payments",cluster_name="orders"'),
      firesAllTheTime('Overdue', 16, 80, 'owner="accounts",cluster_name="users"'),
      onlyThese(80, ['Overdue', 3]),
    ],
  },
  {
    name: 'an alert on a project is one for each owner in it, and an alert on a credential is one for all',
    minutes: 60,
    exporters: [{ metrics: { 'discovery_up{group_id="shop"}': turns(1, 5, 0), 'discovery_up{group_id="empty"}': 0 } }],
    clusters: [
      { group: 'busy', name: 'a', owner: 'payments', metrics: limited },
      { group: 'busy', name: 'b', owner: 'finance', metrics: limited },
      { group: 'shut', name: 'a', owner: 'payments', metrics: denied },
      { group: 'gone', name: 'a', owner: 'payments', credential: 'old', metrics: denied },
      { group: 'gone', name: 'b', owner: 'finance', credential: 'old', metrics: denied },
      { group: 'shop', name: 'a', owner: 'payments' },
    ],
    checks: [
      firesAllTheTime('RateLimited', 20, 60, 'group_id="busy",owner="payments"'),
      firesAllTheTime('RateLimited', 20, 60, 'group_id="busy",owner="finance"'),
      firesAllTheTime('AccessDenied', 20, 60, 'group_id="shut",owner="payments"'),
      firesAllTheTime('AccessDenied', 20, 60, 'credential="old",group_id="",owner=""'),
      firesAllTheTime('DiscoveryFailing', 35, 60, 'group_id="shop",owner="payments"'),
      firesAllTheTime('DiscoveryFailing', 35, 60, 'group_id="empty",owner=""'),
      onlyThese(60, ['RateLimited', 2], ['AccessDenied', 2], ['DiscoveryFailing', 2]),
    ],
  },
];
