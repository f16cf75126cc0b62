const unlimited = { per_second: 1_000, burst_count: 1_000 };

/**
 * On top of what Synapse's `--generate-config` makes: one loopback listener, anybody may register, no limits, no other
 * servers. `data` as Synapse sees it.
 */
export function formatConfig(port: number, data: string): string {
  // JSON is YAML.
  return JSON.stringify({
    server_name: "example.org",
    public_baseurl: `http://127.0.0.1:${port}/`,
    listeners: [
      {
        port,
        bind_addresses: ["127.0.0.1"],
        type: "http",
        tls: false,
        resources: [{ names: ["client"], compress: false }],
      },
    ],
    pid_file: `${data}/homeserver.pid`,
    database: { name: "sqlite3", args: { database: `${data}/homeserver.db` } },
    media_store_path: `${data}/media`,
    enable_registration: true,
    enable_registration_without_verification: true,
    report_stats: false,
    federation_domain_whitelist: [],
    trusted_key_servers: [],
    suppress_key_server_warning: true,
    presence: { enabled: false },
    rc_message: unlimited,
    rc_registration: unlimited,
    rc_room_creation: unlimited,
    rc_login: { address: unlimited, account: unlimited, failed_attempts: unlimited },
    rc_joins: { local: unlimited, remote: unlimited },
    rc_invites: { per_room: unlimited, per_user: unlimited, per_issuer: unlimited },
  });
}
