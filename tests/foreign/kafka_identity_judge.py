"""confluent-kafka (librdkafka) and kafka-python, by TLS, SCRAM-SHA-512 and MSK's IAM tokens.

Asked one question after another, see delta_values.py. A login is a dict:

    brokers, ca                         both always; ca is a file
    user, password                      SCRAM-SHA-512 over TLS
    region, key, secret, token          OAUTHBEARER over TLS, with the token of AWS's own signer
"""
import logging
import sys
import time

import confluent_kafka
import kafka
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from botocore.credentials import CredentialProvider, Credentials
from kafka.net.sasl.oauth import AbstractTokenProvider

from delta_values import answer_questions

PATIENCE_SECONDS = 20


class Given(CredentialProvider):
    """The credentials of a login."""

    def __init__(self, login):
        self.login = login

    def load(self):
        return Credentials(self.login["key"], self.login["secret"], self.login.get("token"))


def token_of(login):
    """The token, and when it ends, in milliseconds since 1970."""
    return MSKAuthTokenProvider.generate_auth_token_from_credentials_provider(
        login["region"], Given(login))


class Confluent:
    """confluent-kafka."""

    @staticmethod
    def conf(login):
        conf = {
            "bootstrap.servers": login["brokers"],
            "ssl.ca.location": login["ca"],
            "security.protocol": "SASL_SSL",
        }
        if "user" in login:
            return conf | {
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": login["user"],
                "sasl.password": login["password"],
            }
        if "key" in login:
            def renew(_):
                token, ends_ms = token_of(login)
                return token, ends_ms / 1000
            return conf | {"sasl.mechanism": "OAUTHBEARER", "oauth_cb": renew}
        return conf | {"security.protocol": "SSL"}

    @classmethod
    def produce(cls, login, topic, values):
        """The error code of each, 0 for stored; or the words of a failed login."""
        failed, codes = [], []

        def told(error):
            if error.code() in (confluent_kafka.KafkaError._AUTHENTICATION,
                                confluent_kafka.KafkaError._SSL):
                failed.append(error.str())

        producer = confluent_kafka.Producer(cls.conf(login) | {"error_cb": told})
        for value in values:
            producer.produce(topic, value, on_delivery=lambda error, _: codes.append(
                error.code() if error else 0))
        until = time.time() + PATIENCE_SECONDS
        while time.time() < until and len(codes) < len(values) and not failed:
            producer.poll(0.05)
        if failed:
            producer.purge()
            return failed[0]
        return codes

    @classmethod
    def consume(cls, login, topic, group, count):
        consumer = confluent_kafka.Consumer(cls.conf(login) | {
            "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False})
        consumer.subscribe([topic])
        found, until = [], time.time() + PATIENCE_SECONDS
        while len(found) < count and time.time() < until:
            message = consumer.poll(0.2)
            if message is None:
                continue
            if message.error():
                return message.error().code()
            found.append(message.value().decode())
        consumer.commit(asynchronous=False)
        consumer.close()
        return found


class Provider(AbstractTokenProvider):
    """A token of AWS's signer."""

    def __init__(self, login):
        super().__init__()
        self.login = login

    def token(self):
        return token_of(self.login)[0]


class Log(logging.Handler):
    """What kafka-python notes down from now on."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []
        logger = logging.getLogger("kafka")
        logger.handlers, logger.propagate = [self], False

    def emit(self, record):
        self.lines.append(record.getMessage())


class KafkaPython:
    """kafka-python."""

    @staticmethod
    def conf(login):
        conf = {
            "bootstrap_servers": login["brokers"],
            "ssl_cafile": login["ca"],
            "security_protocol": "SASL_SSL",
            "bootstrap_timeout_ms": 3000,
        }
        if "user" in login:
            return conf | {
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": login["user"],
                "sasl_plain_password": login["password"],
            }
        if "key" in login:
            provider = Provider(login)
            return conf | {
                "sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": provider}
        return conf | {"security_protocol": "SSL"}

    @classmethod
    def produce(cls, login, topic, values):
        log = Log()
        try:
            producer = kafka.KafkaProducer(**cls.conf(login), retries=0, max_block_ms=5000)
        except kafka.errors.KafkaError as error:
            # The error alone says that there was no broker in time.
            return f"{type(error).__name__}: {error}: {log.lines}"
        codes = []
        for value in values:
            try:
                producer.send(topic, value.encode()).get(PATIENCE_SECONDS)
                codes.append(0)
            except kafka.errors.KafkaError as error:
                codes.append(error.errno)
        producer.close()
        return codes

    @classmethod
    def consume(cls, login, topic, group, count):
        consumer = kafka.KafkaConsumer(
            topic, **cls.conf(login), group_id=group, auto_offset_reset="earliest",
            enable_auto_commit=False, consumer_timeout_ms=PATIENCE_SECONDS * 1000)
        found = []
        try:
            for message in consumer:
                found.append(message.value.decode())
                if len(found) == count:
                    break
            consumer.commit()
        except kafka.errors.KafkaError as error:
            return error.errno
        finally:
            consumer.close()
        return found


library = {"confluent-kafka": Confluent, "kafka-python": KafkaPython}[sys.argv[1]]
answer_questions({"produce": library.produce, "consume": library.consume})
