//! Image references.

use crate::interpolate::{UNKNOWN, interpolate};
use crate::view::Service;

/// `registry/repository:tag@digest`, after interpolation.
#[derive(Debug)]
pub(crate) struct Image {
    /// Without tag and digest.
    pub(crate) repository: String,
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<String>,
    /// Whether something in it comes from a variable without default.
    pub(crate) open: bool,
}

impl Image {
    /// Takes a reference apart.
    pub(crate) fn parse(text: &str) -> Self {
        let text = interpolate(text);
        let open = text.contains(UNKNOWN);
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.to_owned())),
            None => (text.as_str(), None),
        };
        let slash = name.rfind('/').map_or(0, |at| at + 1);
        let (repository, tag) = match name[slash..].find(':') {
            Some(at) => (&name[..slash + at], Some(name[slash + at + 1..].to_owned())),
            None => (name, None),
        };
        Self { repository: repository.to_owned(), tag, digest, open }
    }

    /// The last part of the repository.
    pub(crate) fn base(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }
}

/// A kind of datastore.
pub(crate) struct Datastore {
    /// Names of images, as the last part of their repository, or the last two.
    images: &'static [&'static str],
    /// Ports that clients use.
    pub(crate) ports: &'static [u32],
    /// Parts of the names of the variables of which one must be there, for images that need a password.
    pub(crate) needs: &'static [&'static str],
}

const DATASTORES: &[Datastore] = &[
    Datastore {
        images: &[
            "postgres",
            "postgresql",
            "postgis",
            "timescaledb",
            "timescaledb-ha",
            "pgvector",
            "pgvecto-rs",
            "citus",
        ],
        ports: &[5432],
        needs: &[
            "POSTGRES_PASSWORD",
            "POSTGRESQL_PASSWORD",
            "POSTGRESQL_POSTGRES_PASSWORD",
            "POSTGRES_HOST_AUTH_METHOD",
        ],
    },
    Datastore {
        images: &["mysql", "mysql-server", "mariadb", "percona", "percona-server"],
        ports: &[3306, 33060],
        needs: &["ROOT_PASSWORD", "EMPTY_PASSWORD", "EMPTY_ROOT_PASSWORD"],
    },
    Datastore {
        images: &["mongo", "mongodb", "mongodb-community-server"],
        ports: &[27017],
        needs: &["MONGO_INITDB_ROOT_PASSWORD", "MONGODB_INITDB_ROOT_PASSWORD", "MONGODB_ROOT_PASSWORD"],
    },
    Datastore {
        images: &["redis", "redis-stack", "redis-stack-server", "redismod", "valkey", "keydb", "dragonfly"],
        ports: &[6379],
        needs: &[],
    },
    Datastore { images: &["memcached"], ports: &[11211], needs: &[] },
    Datastore { images: &["rabbitmq"], ports: &[5672, 5671, 15672], needs: &[] },
    Datastore {
        images: &["elasticsearch", "elasticsearch-oss", "opensearch"],
        ports: &[9200, 9300],
        needs: &[],
    },
    Datastore { images: &["cassandra", "scylla"], ports: &[9042], needs: &[] },
    Datastore { images: &["couchdb"], ports: &[5984], needs: &[] },
    Datastore { images: &["neo4j"], ports: &[7474, 7687], needs: &[] },
    Datastore { images: &["influxdb"], ports: &[8086], needs: &[] },
    Datastore { images: &["clickhouse", "clickhouse-server"], ports: &[8123, 9000], needs: &[] },
    Datastore { images: &["etcd"], ports: &[2379, 2380], needs: &[] },
    Datastore { images: &["kafka", "cp-kafka", "redpanda"], ports: &[9092, 29092], needs: &[] },
    Datastore { images: &["nats"], ports: &[4222], needs: &[] },
    Datastore { images: &["zookeeper", "cp-zookeeper"], ports: &[2181], needs: &[] },
    Datastore { images: &["qdrant"], ports: &[6333, 6334], needs: &[] },
    Datastore { images: &["weaviate"], ports: &[8080, 50051], needs: &[] },
    Datastore { images: &["milvus"], ports: &[19530], needs: &[] },
    Datastore { images: &["chroma"], ports: &[8000], needs: &[] },
    Datastore { images: &["arangodb"], ports: &[8529], needs: &[] },
    Datastore { images: &["cockroach"], ports: &[26257], needs: &[] },
    Datastore { images: &["mssql/server", "azure-sql-edge"], ports: &[1433], needs: &[] },
    Datastore { images: &["oracle-free", "oracle-xe"], ports: &[1521], needs: &[] },
    Datastore { images: &["couchbase"], ports: &[8091, 11210], needs: &[] },
    Datastore { images: &["rethinkdb"], ports: &[28015, 8080], needs: &[] },
    Datastore { images: &["minio"], ports: &[9000, 9001], needs: &[] },
];

/// The datastore whose image a service runs.
pub(crate) fn datastore(service: &Service<'_>) -> Option<&'static Datastore> {
    let image = Image::parse(service.ask("image").node()?.text());
    let repository = image.repository.to_ascii_lowercase();
    let is = |name: &&str| {
        repository.strip_suffix(name).is_some_and(|front| front.is_empty() || front.ends_with('/'))
    };
    DATASTORES.iter().find(|store| store.images.iter().any(is))
}

#[cfg(test)]
mod tests {
    use super::Image;

    #[test]
    fn references_are_taken_apart() {
        let image = Image::parse("localhost:5000/a/b");
        assert_eq!((image.base(), image.tag.as_deref()), ("b", None));
        let image = Image::parse("a/b:${T:-1.2}@sha256:00");
        assert_eq!((image.tag.as_deref(), image.digest.as_deref()), (Some("1.2"), Some("sha256:00")));
        assert!(Image::parse("${IMAGE}").open);
    }
}
